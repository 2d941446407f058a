import { execa } from 'execa'
import { FfleetError } from '../contract/index.js'
import { dieWithParent, killOnExit } from './die-with-parent.js'
import { type Enclosure, type HeldFile, viewOf } from './enclosure.js'
import { inputChanged, saysInputChanged } from './input-changed.js'
import { type EnclosedStdio, spawnSafely, spawnWithDescriptors } from './spawn.js'
import { signalGroup } from './terminate.js'

export type FfprobeRunOptions = {
  /** Path of the program. */
  ffprobe: string
  /** What it reads, absolute. */
  file: string
  /** Where `file` is a link to what `Enclosure.reach` gives of it. */
  held?: HeldFile | undefined
  /** How it is enclosed; default as in `runFfmpeg`. */
  enclosure?: Enclosure | undefined
  timeoutMs: number
  signal?: AbortSignal | undefined
  /** Gets the lines of stdout as they come, any number of them; `stdout` is empty then. */
  onLine?: (line: string) => void
}

/** What an ffprobe left behind; `log` is its stderr, or why it could not be started. Late: it was killed for its time. */
export type FfprobeRun = { ok: boolean; stdout: string; log: string; late: boolean }

/** No honest file needs more: a feature film with a hundred streams and a thousand chapters takes 0.5 MB. */
const MAX_STDOUT_BYTES = 8 * 1024 * 1024
const MAX_LOG_BYTES = 256 * 1024

/**
 * Runs one ffprobe to its end. It is killed with all its children when the time is up or `signal` aborts; then this
 * rejects with the signal's reason.
 *
 * @throws FfleetError ENCODER_NOT_AVAILABLE, INPUT_NOT_READABLE: what encloses it could not start it. INPUT_CHANGED.
 */
export async function runFfprobe(args: readonly string[], options: FfprobeRunOptions): Promise<FfprobeRun> {
  const { signal, enclosure = dieWithParent() } = options
  signal?.throwIfAborted()
  const command = [options.ffprobe, '-hide_banner', '-loglevel', 'repeat+level+error', ...args]
  const [program, ...rest] = enclosure.enclose(command, viewOf(options.file, options.held))
  const spawn = (stdio: EnclosedStdio) =>
    execa(program!, rest, {
      env: { ...enclosure.environment(), AV_LOG_FORCE_NOCOLOR: '1' },
      extendEnv: false,
      stdio,
      reject: false,
      detached: process.platform !== 'win32', // a process group of its own, to be killed as a whole
      buffer: { stdout: options.onLine === undefined, stderr: true },
      maxBuffer: { stdout: MAX_STDOUT_BYTES, stderr: MAX_LOG_BYTES },
      stripFinalNewline: false,
    })
  const subprocess = spawnSafely(() => spawnWithDescriptors(enclosure, spawn))
  const { pid } = subprocess
  if (pid === undefined) return { ok: false, stdout: '', log: (await subprocess).originalMessage ?? '', late: false }
  let late = false
  const kill = () => signalGroup(pid, 'SIGKILL')
  const timer = setTimeout(() => {
    late = true
    kill()
  }, options.timeoutMs)
  signal?.addEventListener('abort', kill, { once: true })
  const takeBack = killOnExit(pid)
  if (options.onLine) await readLines(subprocess.iterable(), options.onLine)
  const result = await subprocess
  clearTimeout(timer)
  signal?.removeEventListener('abort', kill)
  kill()
  takeBack()
  signal?.throwIfAborted()
  const log = result.stderr
  const end = {
    exitCode: result.exitCode ?? null,
    signal: result.signal ?? null,
    blocks: 0,
    logTail: log.trimEnd().split('\n'),
  }
  const { error } = late ? { error: null } : enclosure.ending(end)
  if (error !== null) throw notBegun(error)
  return { ok: result.exitCode === 0, stdout: result.stdout ?? '', log, late }
}

function notBegun(error: string): FfleetError {
  if (saysInputChanged(error)) return inputChanged(error)
  // A sandbox has no privileges, so that what root may read, others' files, is not always to be read there.
  return error.startsWith('EACCES: bwrap')
    ? new FfleetError('INPUT_NOT_READABLE', 'The sandbox may not read the file.', { cause: error })
    : new FfleetError('ENCODER_NOT_AVAILABLE', 'ffprobe could not be started on this worker.', {
        hint: '`ffleet doctor` on the worker says why.',
        cause: error,
      })
}

/** How the process ended is told by the process. */
async function readLines(lines: AsyncIterable<string>, onLine: (line: string) => void): Promise<void> {
  try {
    for await (const line of lines) onLine(line)
  } catch {}
}
