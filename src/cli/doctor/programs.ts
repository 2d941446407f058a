/** Checks of the programs ffleet runs. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Config } from '../../config/index.js'
import { FfleetError, type Preset } from '../../contract/index.js'
import { type Capabilities, findCapabilities } from '../../ffmpeg/index.js'
import { audioEncoderOptions, videoEncoderOptions } from '../../plan/encoders.js'
import { SHIPPED_PRESETS } from '../../presets/index.js'
import { findExecutable, findSetpriv } from '../../programs.js'
import { checkRedis, redisRemedy } from '../../queue/check-redis.js'
import { findRedisServer } from '../../queue/embedded-redis.js'
import { bad, type Finding, good, poor } from './finding.js'

const NODE = [20, 20] as const
const FFMPEG = [4, 1] as const
/** What BullMQ asks for. */
const REDIS = [6, 2] as const

/** Codecs without which hardly a job runs; a missing encoder of another one only costs its presets. */
const COMMON_CODECS: readonly string[] = ['h264', 'aac']

function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [foundMajor = 0, foundMinor = 0] = version.split('.').map(Number)
  return foundMajor > major || (foundMajor === major && foundMinor >= minor)
}

export async function checkNode(): Promise<Finding> {
  const facts = { id: 'node', title: 'Node.js', found: process.versions.node }
  if (isAtLeast(facts.found, NODE)) return good(facts)
  return bad({ ...facts, hint: `Install Node.js ${NODE.join('.')} or later.` })
}

/** ffmpeg, ffprobe and the encoders of the shipped presets. */
export async function checkFfmpeg(config: Config): Promise<Finding[]> {
  const facts = { id: 'ffmpeg', title: 'ffmpeg' }
  let capabilities: Capabilities
  try {
    capabilities = await findCapabilities({ ffmpeg: config.ffmpeg, ffprobe: config.ffprobe })
  } catch (error) {
    const missing = config.ffmpeg === 'ffmpeg' && findExecutable('ffmpeg') === null ? 'ffmpeg' : null
    return [
      bad({
        ...facts,
        found: (error as Error).message,
        hint: 'Install ffmpeg, or name one with FFLEET_FFMPEG.',
        missing,
      }),
    ]
  }
  const { version, major, minor, ffmpeg } = capabilities
  const found = `${version} at ${ffmpeg}`
  const ffmpegFinding = isAtLeast(`${major}.${minor}`, FFMPEG)
    ? good({ ...facts, found })
    : bad({ ...facts, found, hint: `ffleet needs ffmpeg ${FFMPEG.join('.')} or later.` })
  return [ffmpegFinding, checkFfprobe(capabilities, config), checkEncoders(capabilities, SHIPPED_PRESETS)]
}

function checkFfprobe({ ffprobe }: Capabilities, config: Config): Finding {
  const facts = { id: 'ffprobe', title: 'ffprobe' }
  if (ffprobe !== null) return good({ ...facts, found: ffprobe })
  const missing = config.ffprobe === 'ffprobe' ? 'ffmpeg' : null
  const hint = 'Install the ffprobe that belongs to ffmpeg, or name one with FFLEET_FFPROBE.'
  return bad({ ...facts, found: `no program ${config.ffprobe}`, hint, missing })
}

/** Asks the same functions that a job asks, so that the answer can't differ. */
function checkEncoders(capabilities: Capabilities, presets: readonly Preset[]): Finding {
  const facts = { id: 'encoders', title: 'encoders' }
  const lacks = presets.flatMap((preset) =>
    lacksOf(preset, capabilities).map((lack) => ({ ...lack, preset: preset.name })),
  )
  if (lacks.length === 0) return good({ ...facts, found: `all that the ${presets.length} shipped presets use` })
  const reasons = [...new Set(lacks.map(({ reason }) => reason))].join(' ')
  const names = [...new Set(lacks.map(({ preset }) => preset))].join(', ')
  const hint = 'Install an ffmpeg that was built with these encoders.'
  const finding = { ...facts, found: `${reasons} Without: ${names}.`, hint }
  return lacks.some(({ codec }) => COMMON_CODECS.includes(codec)) ? bad(finding) : poor(finding)
}

type Lack = { codec: string; reason: string }

function lacksOf({ video, audio }: Preset, capabilities: Capabilities): Lack[] {
  const asked: [string, () => unknown][] = []
  if (video && video.codec !== 'copy') asked.push([video.codec, () => videoEncoderOptions(video, capabilities, null)])
  if (audio && audio.codec !== 'copy') {
    const { codec, bitrate } = audio
    asked.push([codec, () => audioEncoderOptions({ codec, bitrate }, capabilities)])
  }
  return asked.flatMap(([codec, ask]) => {
    try {
      ask()
      return []
    } catch (error) {
      if (error instanceof FfleetError && error.code === 'ENCODER_NOT_AVAILABLE')
        return [{ codec, reason: error.message }]
      throw error
    }
  })
}

/** The server of the fleet, or the program for one of our own. */
export async function checkRedisServer(config: Config): Promise<Finding[]> {
  return config.redisUrl === null ? [await checkOwnRedis()] : checkFleetRedis(config.redisUrl)
}

async function checkOwnRedis(): Promise<Finding> {
  const facts = { id: 'redis', title: 'Redis' }
  const program = findRedisServer()
  if (program === null) {
    const hint = 'Install redis-server or valkey-server, or set FFLEET_REDIS_URL to a Redis that runs.'
    return bad({ ...facts, found: 'no redis-server or valkey-server', hint, missing: 'redis' })
  }
  const said = await promisify(execFile)(program, ['--version'], { timeout: 10_000 }).catch((error: Error) => error)
  if (said instanceof Error) return bad({ ...facts, found: `${program} does not run`, hint: said.message })
  const version = /v=([\d.]+)/.exec(said.stdout)?.[1] ?? ''
  return isAtLeast(version, REDIS)
    ? good({ ...facts, found: `${version} at ${program}, for a Redis of our own` })
    : bad({ ...facts, found: `${version || 'unknown version'} at ${program}`, hint: tooOld })
}

const tooOld = `ffleet needs Redis ${REDIS.join('.')} or later, or any Valkey.`

async function checkFleetRedis(url: string): Promise<Finding[]> {
  const facts = { id: 'redis', title: 'Redis' }
  let redis: Awaited<ReturnType<typeof checkRedis>>
  try {
    redis = await checkRedis(url)
  } catch (error) {
    return [
      bad({
        ...facts,
        found: (error as Error).message,
        hint: redisRemedy(error as Error, url) ?? 'Start the Redis that FFLEET_REDIS_URL names, or correct the URL.',
      }),
    ]
  }
  const { version, evictionPolicy, appendOnly, unfit } = redis
  if (unfit !== null) return [bad({ ...facts, found: unfit.found, hint: unfit.remedy })]
  const findings = [
    isAtLeast(version, REDIS)
      ? good({ ...facts, found: `${version} at FFLEET_REDIS_URL` })
      : bad({ ...facts, found: `${version} at FFLEET_REDIS_URL`, hint: tooOld }),
  ]
  if (evictionPolicy !== 'noeviction') {
    const hint = 'Set maxmemory-policy to noeviction, or jobs are forgotten when its memory is full.'
    findings.push(bad({ id: 'redis-eviction', title: 'Redis memory', found: evictionPolicy, hint }))
  }
  if (!appendOnly) {
    const hint = 'Set appendonly to yes, or jobs are lost when it ends.'
    findings.push(poor({ id: 'redis-persistence', title: 'Redis file', found: 'no append-only file', hint }))
  }
  return findings
}

export async function checkSetpriv(): Promise<Finding> {
  const facts = { id: 'setpriv', title: 'setpriv' }
  const setpriv = findSetpriv()
  if (setpriv !== null) return good({ ...facts, found: setpriv })
  const hint =
    'With the setpriv of util-linux ffmpeg dies with its worker; without it a killed worker leaves it running.'
  const missing = process.platform === 'linux' ? 'setpriv' : null
  return poor({ ...facts, found: 'none that knows --pdeathsig', hint, missing })
}

/** For the tests of the dashboard. */
export async function checkChromium(): Promise<Finding> {
  const facts = { id: 'chromium', title: 'Chromium' }
  const found = ['chromium', 'chromium-browser', 'google-chrome']
    .map((name) => findExecutable(name))
    .find((path) => path !== null)
  if (found) return good({ ...facts, found })
  return bad({ ...facts, found: 'none', hint: 'The tests of the dashboard need it.', missing: 'chromium' })
}

/** For the tests of what the guides say of programs beside ffleet: proxies, Prometheus, certificates. */
export async function checkNeighbours(): Promise<Finding[]> {
  return (['nginx', 'caddy', 'prometheus', 'openssl'] as const).map((name) => {
    const found = findExecutable(name)
    if (found) return good({ id: name, title: name, found })
    const hint = 'The tests of the guides that name it need it, and are skipped without it.'
    return poor({ id: name, title: name, found: 'none', hint, missing: name })
  })
}

/** For the tests of a fleet of several hosts, which are networks of their own on one machine: Linux only. */
export async function checkIp(): Promise<Finding> {
  const facts = { id: 'ip', title: 'ip' }
  const found = findExecutable('ip')
  if (found) return good({ ...facts, found })
  const hint = 'The tests of a fleet of two hosts need it, and are skipped without it.'
  return poor({ ...facts, found: 'none', hint, missing: process.platform === 'linux' ? 'ip' : null })
}
