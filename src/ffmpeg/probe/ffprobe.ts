import { execa } from 'execa'
import type { Probe } from '../../contract/index.js'
import { dieWithParentPrefix, killOnExit } from '../die-with-parent.js'
import { fileUrl, inputOptions } from '../formats.js'
import { spawnSafely } from '../spawn.js'
import { signalGroup } from '../terminate.js'
import { type FfprobeContext, readFfprobeJson } from './ffprobe-json.js'

export type FfprobeOptions = FfprobeContext & {
  /** Path of the program. */
  ffprobe: string
  /** Demuxer to force; null lets ffprobe find out. */
  format: string | null
  maxPixels?: number | null | undefined
  timeoutMs: number
  signal?: AbortSignal | undefined
}

/** Either a probe, or why there is none: too late, or what ffprobe said. */
export type FfprobeAnswer = { probe: Probe; log: string } | { probe: null; log: string; late: boolean }

/** No honest file needs more: a feature film with a hundred streams and a thousand chapters takes 0.5 MB. */
const MAX_JSON_BYTES = 8 * 1024 * 1024
const MAX_LOG_BYTES = 256 * 1024

/**
 * Asks ffprobe about a file. It may open this one file only, as a container of one file, and is killed with all its
 * children when the time is up or `signal` aborts (then this rejects).
 */
export async function ffprobe(path: string, options: FfprobeOptions): Promise<FfprobeAnswer> {
  const { signal, maxPixels } = options
  signal?.throwIfAborted()
  const [program, ...args] = [
    ...dieWithParentPrefix(),
    options.ffprobe,
    ...['-hide_banner', '-loglevel', 'repeat+level+error', '-of', 'json'],
    ...['-show_format', '-show_streams', '-show_chapters'],
    ...(maxPixels ? ['-max_pixels', String(maxPixels)] : []),
    ...inputOptions(options.format),
    ...['-i', fileUrl(path)],
  ]
  const spawn = () =>
    execa(program!, args, {
      env: { AV_LOG_FORCE_NOCOLOR: '1' },
      stdin: 'ignore',
      reject: false,
      detached: process.platform !== 'win32', // a process group of its own, to be killed as a whole
      maxBuffer: { stdout: MAX_JSON_BYTES, stderr: MAX_LOG_BYTES },
      stripFinalNewline: false,
    })
  const subprocess = spawnSafely(spawn)
  const { pid } = subprocess
  if (pid === undefined) return { probe: null, log: (await subprocess).originalMessage ?? '', late: false }
  let late = false
  const kill = () => signalGroup(pid, 'SIGKILL')
  const timer = setTimeout(() => {
    late = true
    kill()
  }, options.timeoutMs)
  signal?.addEventListener('abort', kill, { once: true })
  const takeBack = killOnExit(pid)
  const result = await subprocess
  clearTimeout(timer)
  signal?.removeEventListener('abort', kill)
  kill()
  takeBack()
  signal?.throwIfAborted()
  const log = result.stderr
  const probe = result.exitCode === 0 ? readFfprobeJson(result.stdout, options) : null
  return probe === null ? { probe, log, late } : { probe, log }
}
