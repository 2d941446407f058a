import { stripVTControlCharacters } from 'node:util'
import { nearest } from '../nearest.js'
import { COMMANDS, type Command, commandNames, findCommand } from './commands.js'
import { EXIT, UsageError } from './exit.js'
import { watchOutput } from './interrupt.js'
import { isColored, styleOf } from './render/style.js'
import { showError } from './show-error.js'

/** Runs one command line, without the program's name, and gives the exit code. */
export function runCli(argv: readonly string[]): Promise<number> {
  return showingErrors(() => dispatch(argv))
}

/** Does the work of a program and gives its exit code. An error is shown on stderr. */
export async function showingErrors(work: () => Promise<number>): Promise<number> {
  watchOutput()
  try {
    return await work()
  } catch (error) {
    const { text, exitCode } = showError(error, styleOf(process.stderr, process.env))
    process.stderr.write(`${text}\n`)
    return exitCode
  }
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

async function runCommand(name: string, command: Command, rawArgs: string[]): Promise<number> {
  const { renderUsage, runCommand: run } = await import('citty')
  const { readArguments } = await import('./request/arguments.js')
  const end = rawArgs.indexOf('--')
  if (rawArgs.slice(0, end < 0 ? undefined : end).some((arg) => arg === '--help' || arg === '-h')) {
    // citty colours it wherever it goes.
    const usage = await renderUsage(command, { meta: { name: 'ffleet' } })
    process.stdout.write(`${isColored(process.stdout, process.env) ? usage : stripVTControlCharacters(usage)}\n`)
    return EXIT.ok
  }
  const args = typeof command.args === 'function' ? await command.args() : await command.args
  try {
    const read = readArguments(rawArgs, args ?? {})
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
  const style = styleOf(process.stdout, process.env)
  const text = [`ffleet ${VERSION}: runs FFmpeg on a fleet and shows every step of it.`, '']
  text.push(`${style.bold('Usage:')} ffleet COMMAND [OPTIONS]`, '')
  for (const [title, group] of Object.entries(COMMANDS)) {
    text.push(style.bold(`${title}:`))
    for (const [name, { summary }] of Object.entries(group)) text.push(`  ${style.accent(name.padEnd(9))} ${summary}`)
    text.push('')
  }
  text.push(
    '`ffleet COMMAND --help` tells more. Settings come from FFLEET_ variables; `ffleet doctor` checks them.',
    '',
  )
  return text.join('\n')
}

function unknownCommand(name: string): string {
  const [meant] = nearest(name, commandNames())
  return `There is no command "${name}"${meant === undefined ? '' : `; did you mean ${meant}?`} See \`ffleet --help\`.`
}
