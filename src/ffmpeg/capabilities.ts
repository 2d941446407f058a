import { createHash } from 'node:crypto'
import { execa } from 'execa'
import { FfleetError } from '../contract/index.js'
import { findExecutable } from '../programs.js'
import type { Enclosure } from './enclosure.js'
import { spawnSafely } from './spawn.js'
import { signalGroup } from './terminate.js'
import { isAtLeast, parseEncoders, parseFilters, parseVersion } from './version.js'

/** What the ffmpeg on this machine can do. */
export type Capabilities = {
  /** Absolute paths; null: there is no ffprobe. */
  ffmpeg: string
  ffprobe: string | null
  /** `5.1.9`; of a build between releases as ffmpeg shows it. */
  version: string
  /** Other for each build, as far as ffmpeg tells: what it is made of, and how. */
  build: string
  major: number
  minor: number
  /** By ffmpeg's names, such as `libx264`. */
  encoders: ReadonlySet<string>
  /** By ffmpeg's names, such as `zscale`. */
  filters: ReadonlySet<string>
  /** Knows `-stats_period` (from 4.4 on; before, the option is fatal). */
  statsPeriod: boolean
  /** Knows `-fps_mode`, which takes the place of `-vsync` from 5.1 on. */
  fpsMode: boolean
  /** How ffmpeg and ffprobe are enclosed when they read media. Default: they die with this process, where `setpriv` is there. */
  enclosure?: Enclosure
}

export type CapabilityOptions = {
  /** Path or name; default `ffmpeg`. */
  ffmpeg?: string | undefined
  /** Path or name; default `ffprobe`. */
  ffprobe?: string | undefined
  signal?: AbortSignal | undefined
}

// A first start may have to read a hundred libraries from a cold disk.
const ASK_TIMEOUT_MS = 30_000

/**
 * Asks ffmpeg what it is and what it can do, in some 0.1 s; to be kept by the caller. Throws an FfleetError that says what
 * is wrong when there is no ffmpeg, or none that runs.
 */
export async function findCapabilities(options: CapabilityOptions = {}): Promise<Capabilities> {
  const name = options.ffmpeg ?? 'ffmpeg'
  const ffmpeg = findExecutable(name)
  if (ffmpeg === null) throw unusable(`There is no program ${name} that can be run.`)
  const ask = (...args: string[]) => output(ffmpeg, args, options.signal)
  const [versionText, encodersText, filtersText] = await Promise.all([
    ask('-version'),
    ask('-hide_banner', '-encoders'),
    ask('-hide_banner', '-filters'),
  ])
  const version = parseVersion(versionText)
  if (version === null) throw unusable(`${name} is not ffmpeg: asked for its version, it does not tell.`)
  // Only a build without a release number has to be asked.
  const help = version.stated ? '' : await ask('-hide_banner', '-h', 'long')
  const knows = (option: string, major: number, minor: number) =>
    version.stated ? isAtLeast(version, major, minor) : new RegExp(`^-${option}\\b`, 'm').test(help)
  return {
    ffmpeg,
    ffprobe: findExecutable(options.ffprobe ?? 'ffprobe'),
    version: version.version,
    build: createHash('sha256').update(versionText).digest('hex'),
    major: version.major,
    minor: version.minor,
    encoders: parseEncoders(encodersText),
    filters: parseFilters(filtersText),
    statsPeriod: knows('stats_period', 4, 4),
    fpsMode: knows('fps_mode', 5, 1),
  }
}

async function output(ffmpeg: string, args: string[], signal: AbortSignal | undefined): Promise<string> {
  signal?.throwIfAborted()
  const spawn = () =>
    execa(ffmpeg, args, {
      stdin: 'ignore',
      reject: false,
      detached: process.platform !== 'win32', // a process group of its own, to be killed as a whole
    })
  const subprocess = spawnSafely(spawn)
  // A wrapper script may have children that hold its pipes: execa's own time limit would wait for them.
  const kill = () => subprocess.pid !== undefined && signalGroup(subprocess.pid, 'SIGKILL')
  let late = false
  const timer = setTimeout(() => {
    late = true
    kill()
  }, ASK_TIMEOUT_MS)
  signal?.addEventListener('abort', kill, { once: true })
  subprocess.once('exit', kill)
  const result = await subprocess
  clearTimeout(timer)
  signal?.removeEventListener('abort', kill)
  signal?.throwIfAborted()
  if (!result.failed) return result.stdout
  // Such as a shared library that is missing.
  const said = result.stderr.trim().split('\n').at(-1) || result.shortMessage
  throw unusable(`${ffmpeg} does not run: ${late ? `no answer within ${ASK_TIMEOUT_MS / 1_000} s` : said}`, result)
}

/** Meets an operator at the start of a worker, not the person who sent a job: it may name paths. */
function unusable(detail: string, cause?: unknown): FfleetError {
  return new FfleetError('INTERNAL_ERROR', detail, {
    hint: 'Install ffmpeg 4.1 or later, or name one with FFLEET_FFMPEG.',
    ...(cause === undefined ? {} : { cause }),
  })
}
