/** What an error that ended a command is told as: words for people, or a problem of JSON. */
import { FfleetApiError, FfleetConnectionError } from '../client/index.js'
import { type ErrorCode, errorSpec, FfleetError, type FieldError } from '../contract/errors.js'
import { CommandError, EXIT } from './exit.js'
import { inOptions, pointerInOptions } from './render/option-words.js'
import type { Style } from './render/style.js'
import { printable } from './render/text.js'
import { serverInForce, serverNotTyped } from './server.js'

type Problem = {
  code: string
  title: string
  detail: string
  hint: string | null
  errors: readonly FieldError[]
  /** Of the API alone. */
  status?: number
}
type Told = Problem & {
  exitCode: number
  /** It has a title and a way out of its own, beside the detail that says all. */
  isWhole: boolean
  trace?: string | undefined
}

/** What stderr gets for an error that ended a command, and the exit code. */
export function showError(error: unknown, style: Style): { text: string; exitCode: number } {
  const told = tell(error)
  const text = told.isWhole ? problem(told, style) : `${style.bad('ffleet:')} ${lines(told.detail)}`
  return { text: told.trace === undefined ? text : `${text}\n${told.trace}`, exitCode: told.exitCode }
}

/** The same for programs, on one line: the fields of RFC 9457. `subject`: which of several things it is about. */
export function errorJson(error: unknown, subject?: string): { text: string; exitCode: number } {
  const { exitCode, isWhole: _, trace: __, code, ...rest } = tell(error, { forPeople: false })
  const problem = { type: `urn:ffleet:error:${code}`, code, ...rest, ...(subject !== undefined && { subject }) }
  return { text: JSON.stringify(problem), exitCode }
}

function tell(error: unknown, { forPeople = true } = {}): Told {
  const local = (code: ErrorCode, detail: string, exitCode: number): Told => {
    const { title, hint } = errorSpec(code)
    return { code, title, detail, hint, errors: [], exitCode, isWhole: false }
  }
  if (error instanceof Error && ['ConfigError', 'WatchRulesError', 'RedisUnfitError'].includes(error.name)) {
    return local('SETTING_INVALID', error.message, EXIT.usage)
  }
  if (error instanceof CommandError) return local(error.code, error.message, error.exitCode)
  if (error instanceof FfleetApiError) {
    const { code, status, title, detail, hint, errors } = error
    const whole = { status, code, title, detail, hint, errors, exitCode: EXIT.failed, isWhole: true }
    return forPeople ? { ...whole, ...wordsFor(whole) } : whole
  }
  if (error instanceof FfleetError) {
    const { code, errors, hint, message: detail } = error
    return { code, title: errorSpec(code).title, detail, hint, errors, exitCode: EXIT.failed, isWhole: true }
  }
  if (error instanceof FfleetConnectionError) {
    return local('SERVER_UNREACHABLE', unreachable(error), EXIT.failed)
  }
  // A fault of ours, or of the machine: its trace is for whoever sets FFLEET_LOG_LEVEL=debug.
  const trace = isDebug() && error instanceof Error ? error.stack : undefined
  return { ...local('INTERNAL_ERROR', error instanceof Error ? error.message : String(error), EXIT.failed), trace }
}

/** What OpenSSL says of a certificate that ends at no authority it trusts. */
const UNTRUSTED = /self.signed certificate|unable to (verify the first|get (local )?issuer) certificate/

function unreachable(error: FfleetConnectionError): string {
  const where = serverInForce() ?? error.baseUrl
  const wayOut = 'Start one with `ffleet up`, or name another with --server or FFLEET_URL.'
  // Whoever answers with what is no JSON is somebody else.
  if (error.cause instanceof SyntaxError) return `Something else than an ffleet server answers at ${where}. ${wayOut}`
  const cause = error.message.replace(/^No answer from [^ ]+: /, '')
  if (UNTRUSTED.test(cause)) {
    return `The certificate of ${where} is signed by nobody that Node.js knows: ${cause}. Set NODE_EXTRA_CA_CERTS to the file with the certificate of who signed it.`
  }
  return `No ffleet server answers at ${where}: ${cause}. ${wayOut}`
}

/** In place of what the registry says to those who speak HTTP. */
const WORDS: Partial<Record<ErrorCode, { title?: string; hint?: string }>> = {
  INVALID_REQUEST: { hint: 'Correct it and try again.' },
  PRESET_NOT_FOUND: { hint: '`ffleet presets` lists all of them.' },
  NOT_FOUND: { title: 'There is no such thing' },
  METHOD_NOT_ALLOWED: {
    title: 'The server does not know this command',
    hint: 'Server and command line may be of different versions.',
  },
  UNAUTHENTICATED: { hint: 'Set FFLEET_API_KEY to a key of the server; `ffleet keys add` makes one there.' },
  PAYLOAD_TOO_LARGE: { title: 'That is more than the server takes at once', hint: 'Ask for less.' },
  RATE_LIMITED: { hint: 'Wait a little and try again.' },
  QUEUE_UNAVAILABLE: { hint: 'Look whether the Redis of the server runs, and try again.' },
}

function wordsFor({ code, status, title, hint }: Problem): { title: string; hint: string | null } {
  if (code.startsWith('HTTP_')) {
    const isProxy = status !== undefined && [502, 503, 504].includes(status)
    return {
      title: isProxy
        ? 'The server cannot be reached behind its proxy'
        : 'Something else than an ffleet server answers, or refuses',
      hint: 'Look at what stands in front of the server, or name another with --server or FFLEET_URL.',
    }
  }
  const known = code as ErrorCode
  const words = WORDS[known] ?? {}
  const usual = errorSpec(known) as { title: string; hint: string } | undefined
  return {
    title: title === usual?.title ? (words.title ?? title) : title,
    hint: hint === usual?.hint ? (words.hint ?? hint) : hint,
  }
}

/** Title, detail, the options at fault, the way out and the server, a line each. */
function problem(told: Told, style: Style): string {
  const { code, title, detail, errors, hint } = told
  const name = code.startsWith('HTTP_') && !isDebug() ? '' : ` ${style.dim(`(${code})`)}`
  const text = [`${style.bad('ffleet:')} ${printable(title)}${name}`]
  if (detail && detail !== title) text.push(`  ${inOptions(detail)}`)
  for (const field of errors) {
    if (field.detail === detail) continue
    const [where, said] = [pointerInOptions(field.pointer), inOptions(field.detail)]
    text.push(said.includes(where) ? `  ${said}` : `  ${style.accent(where)}: ${said}`)
  }
  if (hint) text.push(`  ${style.dim(inOptions(hint))}`)
  const server = told.status === undefined ? null : serverNotTyped()
  if (server !== null) text.push(`  ${style.dim(`server: ${printable(server)}`)}`)
  return text.join('\n')
}

function isDebug(): boolean {
  return ['debug', 'trace'].includes(process.env.FFLEET_LOG_LEVEL ?? '')
}

function lines(text: string): string {
  return text.split('\n').map(printable).join('\n')
}
