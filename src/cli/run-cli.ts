import { existsSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'
import { nearest } from '../nearest.js'
import type { Command } from './command.js'
import { COMMANDS, commandNames, findCommand } from './commands.js'
import { EXIT, UsageError } from './exit.js'
import { watchOutput } from './interrupt.js'
import { helpColumns, stderrColumns } from './print.js'
import { styleOf } from './render/style.js'
import { wrap, wrapLines } from './render/text.js'
import { errorJson, showError } from './show-error.js'

/** Runs one command line, without the program's name, and gives the exit code. */
export function runCli(argv: readonly string[]): Promise<number> {
  return showingErrors(() => dispatch(argv), { json: wantsJson(argv) })
}

/** Does the work of a program and gives its exit code. An error is shown on stderr; with `json` as one line of it. */
export async function showingErrors(work: () => Promise<number>, { json = false } = {}): Promise<number> {
  watchOutput()
  try {
    return await work()
  } catch (error) {
    const { text, exitCode } = json ? errorJson(error) : showError(error, styleOf(process.stderr, process.env))
    const columns = stderrColumns()
    process.stderr.write(`${json || columns === undefined ? text : wrapLines(text, columns)}\n`)
    return exitCode
  }
}

/** Asked of the words as they are: what is wrong may be that they cannot be read. */
function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  return argv.slice(0, end < 0 ? undefined : end).includes('--json')
}

/** Finds the command and runs it; throws what goes wrong. */
export async function dispatch(argv: readonly string[]): Promise<number> {
  const [first, ...rest] = argv
  if (first === undefined) {
    process.stderr.write(await overview())
    return EXIT.usage
  }
  if (first === '--help' || first === '-h' || (first === 'help' && rest.length === 0)) {
    process.stdout.write(await overview())
    return EXIT.ok
  }
  if (first === 'help') return dispatch([...rest.slice(0, 1), '--help'])
  if (first === '--version' || first === '-v') return dispatch(['version'])
  const entry = findCommand(first)
  if (entry === undefined) throw new UsageError(unknownCommand(first))
  return runCommand(first, await entry.load(), rest)
}

async function runCommand(name: string, command: Command, typed: string[]): Promise<number> {
  const { runCommand: run } = await import('citty')
  const { readArguments, withTwoDashes } = await import('./request/arguments.js')
  const args = (typeof command.args === 'function' ? await command.args() : await command.args) ?? {}
  const end = typed.indexOf('--')
  if (typed.slice(0, end < 0 ? undefined : end).some((arg) => arg === '--help' || arg === '-h')) {
    const { commandHelp } = await import('./render/help.js')
    const meta = typeof command.meta === 'function' ? await command.meta() : await command.meta
    process.stdout.write(`${commandHelp(meta ?? {}, args, styleOf(process.stdout, process.env), helpColumns())}\n`)
    return EXIT.ok
  }
  try {
    const rawArgs = withTwoDashes(typed, args)
    const read = readArguments(rawArgs, args)
    const { result } = await run(command, { rawArgs, data: read })
    return typeof result === 'number' ? result : EXIT.ok
  } catch (error) {
    // citty's own: an enum's value that is none of its words.
    const isUsage = error instanceof UsageError || (error instanceof Error && error.name === 'CLIError')
    throw isUsage ? new UsageError(`${asSentence(error.message)} See \`ffleet ${name} --help\`.`) : error
  }
}

function asSentence(message: string): string {
  const text = stripVTControlCharacters(message)
  return /[.?!…]$/.test(text) ? text : `${text}.`
}

async function overview(): Promise<string> {
  const { VERSION } = await import('../version.js')
  const { definitions } = await import('./render/help.js')
  const style = styleOf(process.stdout, process.env)
  const columns = helpColumns()
  const text = wrap(`ffleet ${VERSION}: runs FFmpeg on a fleet and shows every step of it.`, columns)
  text.push('', `${style.bold('Usage:')} ffleet COMMAND [OPTIONS]`, '')
  for (const [title, group] of Object.entries(COMMANDS)) {
    const rows = Object.entries(group).map(([name, { summary }]) => [name, summary] as const)
    text.push(style.bold(`${title}:`), ...definitions(rows, style, columns), '')
  }
  text.push(
    ...wrap(
      '`ffleet COMMAND --help` tells more. Settings come from FFLEET_ variables; `ffleet doctor` checks them.',
      columns,
    ),
    '',
  )
  return text.join('\n')
}

function unknownCommand(name: string): string {
  const [meant] = nearest(name, commandNames())
  const words = meant ?? (existsSync(name) ? `ffleet run ${name}` : undefined)
  return `There is no command "${name}"${words === undefined ? '' : `; did you mean ${words}?`} See \`ffleet --help\`.`
}
