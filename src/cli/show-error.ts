import { FfleetApiError, FfleetConnectionError } from '../client/index.js'
import { errorSpec, FfleetError } from '../contract/errors.js'
import { CommandError, EXIT } from './exit.js'
import { inOptions } from './render/option-words.js'
import type { Style } from './render/style.js'
import { printable } from './render/text.js'

/** What stderr gets for an error that ended a command, and the exit code. */
export function showError(error: unknown, style: Style): { text: string; exitCode: number } {
  if (error instanceof Error && error.name === 'ConfigError') {
    return { text: `${style.bad('ffleet:')} ${lines(error.message)}`, exitCode: EXIT.usage }
  }
  if (error instanceof CommandError) {
    return { text: `${style.bad('ffleet:')} ${lines(error.message)}`, exitCode: error.exitCode }
  }
  if (error instanceof FfleetApiError) return { text: problem(error, style), exitCode: EXIT.failed }
  if (error instanceof FfleetError) {
    const { code, errors, hint, message: detail } = error
    return { text: problem({ code, title: errorSpec(code).title, detail, hint, errors }, style), exitCode: EXIT.failed }
  }
  if (error instanceof FfleetConnectionError) {
    const text = `No ffleet server answers at ${error.baseUrl} (${cause(error)}). Start one with \`ffleet up\`, or name another with --server or FFLEET_URL.`
    return { text: `${style.bad('ffleet:')} ${printable(text)}`, exitCode: EXIT.failed }
  }
  // A fault of ours, or of the machine: its trace is for whoever sets FFLEET_LOG_LEVEL=debug.
  const message = error instanceof Error ? error.message : String(error)
  const trace = process.env.FFLEET_LOG_LEVEL === 'debug' && error instanceof Error ? `\n${error.stack}` : ''
  return { text: `${style.bad('ffleet:')} ${lines(message)}${trace}`, exitCode: EXIT.failed }
}

type Told = {
  code: string
  title?: string
  detail: string
  hint: string | null
  errors: readonly { pointer: string; detail: string }[]
}

/** Title, detail, the fields at fault and the way out, a line each. */
export function problem(error: Told, style: Style): string {
  const title = error.title ? `${printable(error.title)} ${style.dim(`(${error.code})`)}` : error.code
  const text = [`${style.bad('ffleet:')} ${title}`]
  if (error.detail && error.detail !== error.title) text.push(`  ${inOptions(error.detail)}`)
  for (const field of error.errors) {
    const where = style.accent(printable(field.pointer || '/'))
    if (field.detail !== error.detail) text.push(`  ${where}: ${printable(field.detail)}`)
  }
  if (error.hint) text.push(`  ${style.dim(inOptions(error.hint))}`)
  return text.join('\n')
}

function cause(error: FfleetConnectionError): string {
  return error.message.replace(/^No answer from [^ ]+: /, '')
}

function lines(text: string): string {
  return text.split('\n').map(printable).join('\n')
}
