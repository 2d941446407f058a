import { type Diagnosis, ERRORS, type ErrorCode, FfleetError } from '../contract/index.js'
import { parseLogLine } from '../contract/log-line.js'
import { INPUT_CHANGED_DETAIL, saysInputChanged } from '../ffmpeg/input-changed.js'
import { withoutAddress } from '../ffmpeg/log-lines.js'
import type { FfmpegResult } from '../ffmpeg/run-types.js'
import { culpritOf } from './culprit.js'
import {
  DISK_FULL_RULE,
  type DiagnosisRule,
  type FileRule,
  INPUT_RULES,
  LINE_RULES,
  OUT_OF_MEMORY_RULE,
  OUTPUT_RULES,
  UNDECODABLE_RULE,
} from './diagnose-rules.js'
import { baseName, isAbsolutePath, redactText } from './redact.js'
import { reproduceCommand } from './reproduce.js'

/** The part of a result that a diagnosis rests on. */
export type Failure = Pick<
  FfmpegResult,
  'ended' | 'exitCode' | 'signal' | 'argv' | 'warnings' | 'errors' | 'logTail' | 'error'
> &
  Partial<Pick<FfmpegResult, 'usage' | 'oomKills' | 'memoryLimitBytes'>>

export type DiagnosisContext = {
  /** The input's name as the person who sent the job knows it; only its last part is shown. */
  input?: string | null
  /**
   * What the caller knows: why it stopped ffmpeg, which stands, or `OUTPUT_INVALID` for an output that failed its check,
   * which gives way to a cause found in the log.
   */
  because?: { code: ErrorCode; detail: string }
}

/** `detail` is for the person who sent the job. Like everything in here it names files without their folders. */
export type FfmpegDiagnosis = Diagnosis & { code: ErrorCode; detail: string }

type Verdict = { code: ErrorCode; detail: string; hint?: string | undefined; culprit?: string | undefined }

/**
 * Says what went wrong with an ffmpeg, by everything it left behind: how it ended, its exit code, which up to 6.0 is 1 for
 * every error, and its log in the words of versions 4.1 to 9. The rules are in `diagnose-rules.ts`. Never throws.
 */
export function diagnose(failure: Failure, context: DiagnosisContext = {}): FfmpegDiagnosis {
  const lines = linesOf(failure)
  const verdict = judge(failure, lines, context.because)
  const names = namesFor(failure.argv, context.input ?? null)
  const culprit = verdict.culprit ?? culpritOf(failure)
  const shownCulprit = culprit === undefined ? null : shorten(names(culprit))
  // A line that nothing ties to the verdict would mislead: of a killed ffmpeg it may be any old warning.
  const explains = verdict.culprit !== undefined || verdict.code === 'ENCODER_FAILED'
  const detail = names(verdict.detail)
  return {
    code: verdict.code,
    title: ERRORS[verdict.code].title,
    detail: explains && shownCulprit !== null ? `${detail}: ${shownCulprit}` : `${detail}.`,
    culprit: shownCulprit,
    hint: verdict.hint ?? ERRORS[verdict.code].hint,
    retryable: ERRORS[verdict.code].retryable,
    reproduce: reproduceCommand(failure.argv, context.input ?? null),
  }
}

/** Whether ffmpeg gave up because too much of its input could not be decoded. */
export function isMostlyUndecodable(failure: Failure): boolean {
  return failure.exitCode === UNDECODABLE_EXIT || byLines(linesOf(failure), [UNDECODABLE_RULE]) !== null
}

/** The diagnosis as an error to throw. */
export function diagnosisError({ code, detail, hint }: FfmpegDiagnosis, cause?: unknown): FfleetError {
  return new FfleetError(code, detail, { hint, ...(cause === undefined ? {} : { cause }) })
}

function judge(failure: Failure, lines: readonly string[], because: DiagnosisContext['because']): Verdict {
  if (because && because.code !== 'OUTPUT_INVALID') return because
  if (failure.ended === 'spawn-failed') return bySpawnError(failure.error ?? '')
  const rules = LINE_RULES.filter(({ asked }) => asked === undefined || failure.argv.includes(asked))
  if (failure.exitCode === 0) {
    return (
      byLines(lines, [DISK_FULL_RULE, ...rules.filter(({ code }) => EXPLAINS_A_BAD_OUTPUT.has(code))]) ??
      because ?? { code: 'OUTPUT_INVALID', detail: 'ffmpeg ended without an error, but not with a whole output' }
    )
  }
  return (
    byLines(lines, [DISK_FULL_RULE]) ??
    byEnd(failure, lines) ??
    byLines(lines, rules) ??
    byFiles(lines, failure.argv) ??
    byExitCode(failure)
  )
}

/** Errors that ffmpeg passes over and that leave an output broken or missing, with exit code 0. */
const EXPLAINS_A_BAD_OUTPUT = new Set<ErrorCode>(['INPUT_TRUNCATED', 'OUTPUT_NOT_WRITABLE', 'OUTPUT_INVALID'])

function byLines(lines: readonly string[], rules: readonly DiagnosisRule[]): Verdict | null {
  for (const rule of rules) {
    const { besides, unless } = rule
    if (unless && lines.some((line) => unless.test(line))) continue
    if (besides && !lines.some((line) => besides.test(line))) continue
    for (const line of lines) {
      const match = rule.line.exec(line)
      if (match) return { code: rule.code, detail: fill(rule.detail, match), hint: rule.hint, culprit: line }
    }
  }
  return null
}

function byFiles(lines: readonly string[], argv: readonly string[]): Verdict | null {
  for (const line of lines) {
    const named = fileError(line, argv)
    const rules: readonly FileRule[] = named?.side === 'input' ? INPUT_RULES : OUTPUT_RULES
    const rule = named && rules.find(({ reason }) => reason.test(named.reason))
    if (rule) return { ...rule, culprit: line }
  }
  return null
}

/** `name: reason` up to 6.0, `Error opening input file name` or `Error opening output name: reason` after it. */
function fileError(line: string, argv: readonly string[]): { side: 'input' | 'output'; reason: string } | null {
  const [, told, reason] =
    /^(?:\[[^\]]*\] )?Error opening (input|output)(?: files?)?(?: .*)?: ([^:]+)$/.exec(line) ?? []
  if (told !== undefined) return { side: told as 'input' | 'output', reason: reason! }
  const [, name, why] = /^(.+): ([A-Z][^:]+)$/.exec(line) ?? []
  const index = name === undefined ? -1 : argv.indexOf(name)
  return index < 0 ? null : { side: argv[index - 1] === '-i' ? 'input' : 'output', reason: why! }
}

const CRASHES = new Set(['SIGSEGV', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGILL', 'SIGSYS', 'SIGTRAP'])
const SENT_BY_SOMEBODY = new Set(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGKILL'])

function byEnd(failure: Failure, lines: readonly string[]): Verdict | null {
  const { ended, exitCode } = failure
  if (ended === 'stopped' || ended === 'killed')
    return { code: 'ENCODER_KILLED', detail: 'The worker stopped ffmpeg', hint: 'Look at the log of the worker.' }
  // 137 is how a shell or a sandbox in between tells of SIGKILL.
  const signal = failure.signal ?? (exitCode === 137 ? 'SIGKILL' : null)
  if (signal === 'SIGKILL' && memoryIsToBlame(failure))
    return { code: 'OUT_OF_MEMORY', detail: 'The kernel killed ffmpeg for want of memory' }
  if (signal !== null && SENT_BY_SOMEBODY.has(signal))
    return { code: 'ENCODER_KILLED', detail: `Something outside ffleet ended ffmpeg with ${signal}` }
  if (signal === 'SIGXFSZ')
    return {
      code: 'ENCODER_FAILED',
      detail: 'ffmpeg wrote more than one file may hold',
      hint: 'Ask for less, or raise FFLEET_MAX_OUTPUT_BYTES.',
    }
  if (signal === 'SIGXCPU' || lines.some((line) => /received signal 24\./.test(line)))
    return {
      code: 'TIMED_OUT',
      detail: 'ffmpeg used up the CPU time it may have',
      hint: 'Use a faster preset, or raise FFLEET_MAX_CPU_MS.',
    }
  const received = lines.find((line) => /received signal \d+\.|^Received > 3 system signals/.test(line))
  if (received !== undefined && (exitCode === 255 || exitCode === 123))
    return { code: 'ENCODER_KILLED', detail: 'Something outside ffleet ended ffmpeg', culprit: received }
  if (signal === null) return null
  const memory = byLines(lines, [OUT_OF_MEMORY_RULE])
  if (memory) return memory
  return {
    code: 'ENCODER_FAILED',
    detail: CRASHES.has(signal) ? `ffmpeg crashed with ${signal}` : `ffmpeg ended with ${signal}`,
    hint: 'A crash is a fault of ffmpeg or one of its libraries; another version may manage the file.',
  }
}

/** The kernel counted a kill in our control group, or ffmpeg held nearly all that the group may have. */
function memoryIsToBlame({ oomKills, memoryLimitBytes, usage }: Failure): boolean {
  return (oomKills ?? 0) > 0 || (usage?.maxRssBytes ?? 0) > 0.9 * (memoryLimitBytes ?? Number.POSITIVE_INFINITY)
}

function bySpawnError(error: string): Verdict {
  if (/^(?:EAGAIN|ENOMEM|EMFILE|ENFILE):/.test(error))
    return { code: 'OUT_OF_MEMORY', detail: 'The worker has no room for another process' }
  if (saysInputChanged(error)) return { code: 'INPUT_CHANGED', detail: INPUT_CHANGED_DETAIL }
  if (/^EACCES: bwrap: Can't find source path/.test(error))
    return { code: 'INPUT_NOT_READABLE', detail: 'The sandbox may not read the input' }
  if (/^E\w+: bwrap:/.test(error))
    return {
      code: 'ENCODER_NOT_AVAILABLE',
      detail: 'The sandbox of ffmpeg could not be started on this worker',
      hint: '`ffleet doctor` on the worker says why.',
    }
  return {
    code: 'ENCODER_NOT_AVAILABLE',
    detail: 'ffmpeg could not be started on this worker',
    hint: 'Install ffmpeg on the worker, or name it with FFLEET_FFMPEG; `ffleet doctor` checks it.',
  }
}

/** Of versions that do not say why. */
const UNDECODABLE_EXIT = 69

/** From 6.1 on the exit code is 256 less the system's error number. */
function byExitCode({ exitCode }: Failure): Verdict {
  if (exitCode === 228) return { code: 'DISK_FULL', detail: DISK_FULL_RULE.detail }
  if (exitCode === 244) return { code: 'OUT_OF_MEMORY', detail: OUT_OF_MEMORY_RULE.detail }
  if (exitCode === UNDECODABLE_EXIT)
    return { code: 'ENCODER_FAILED', detail: UNDECODABLE_RULE.detail, hint: UNDECODABLE_RULE.hint }
  return { code: 'ENCODER_FAILED', detail: `ffmpeg ended with exit code ${exitCode ?? 'unknown'}` }
}

/** Every line that may tell something, once, without address: errors, warnings, then the end of the log. */
function linesOf({ errors, warnings, logTail }: Failure): string[] {
  const kinds = [...errors, ...warnings].map((line) => line.replace(/ \(×\d+\)$/, ''))
  return [...new Set([...kinds, ...logTail.map((raw) => withoutAddress(parseLogLine(raw).text))])]
}

/** Replaces paths by names: the input's by the one its sender knows, the others by their last part. */
function namesFor(argv: readonly string[], input: string | null): (text: string) => string {
  const paths = argv.filter(isAbsolutePath).flatMap((path) => [path, path.replace(/^file:/, '')])
  const firstInput = argv[argv.indexOf('-i') + 1]
  return (text) => {
    const named =
      input === null || firstInput === undefined || !isAbsolutePath(firstInput)
        ? text
        : text.replaceAll(firstInput, baseName(input)).replaceAll(firstInput.replace(/^file:/, ''), baseName(input))
    return redactText(named, paths)
  }
}

function fill(template: string, match: RegExpExecArray): string {
  return template.replaceAll(/\$(\d)/g, (_, group: string) => match[Number(group)] ?? '')
}

function shorten(text: string): string {
  return text.length > 500 ? `${text.slice(0, 500)}…` : text
}
