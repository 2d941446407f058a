/** What a command says on stdout. */
import { type Style, styleOf } from './render/style.js'

export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** One line, as NDJSON has it. */
export function printJsonLine(value: unknown): void {
  print(JSON.stringify(value))
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2))
}

export function stdoutStyle(): Style {
  return styleOf(process.stdout, process.env)
}

/** Undefined where stdout is no terminal, and nothing needs to be cut. */
export function stdoutColumns(): number | undefined {
  return process.stdout.isTTY ? process.stdout.columns : undefined
}

/** Undefined where stderr is no terminal. */
export function stderrColumns(): number | undefined {
  return process.stderr.isTTY ? process.stderr.columns : undefined
}

/** As people print them where there is no terminal. */
const HELP_COLUMNS = 100

export function helpColumns(): number {
  return Math.max(20, stdoutColumns() ?? HELP_COLUMNS)
}

export const JSON_OPTION = { json: { type: 'boolean', description: 'JSON instead of text' } } as const
