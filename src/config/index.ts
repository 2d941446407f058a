/** What ffleet is told by its environment: read once at start, every fault named at once. */
import { join } from 'node:path'
import { nearest } from '../nearest.js'
import { parseBucket } from '../s3/location.js'
import { isLoopback, type Setting } from './kinds.js'
import { SETTINGS } from './settings.js'

type Values = { -readonly [K in keyof typeof SETTINGS]: (typeof SETTINGS)[K] extends Setting<infer T> ? T : never }

/** The settings, typed; all paths absolute. Meaning, units and defaults: `src/config/settings.ts`. */
export type Config = Readonly<
  Omit<Values, 'mediaRoot' | 'outputRoot' | 'spoolDir'> & {
    mediaRoot: string
    outputRoot: string
    spoolDir: string
    /** What looks wrong but stops nothing, such as a variable that ffleet does not know; to be logged at start. */
    warnings: readonly string[]
  }
>

/** One setting that cannot be used: what it got, and what it takes, as "it takes …" goes on. */
export type ConfigFault = {
  key: string
  got: string
  takes: string
  /** The way out, where that is more than another value. */
  hint?: string
}

/** Thrown with all faults of a configuration at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly faults: readonly ConfigFault[]

  constructor(faults: readonly ConfigFault[]) {
    const lines = faults.map(({ key, got, takes, hint }) => {
      return `  ${key} is ${JSON.stringify(got)}; it takes ${takes}.${hint === undefined ? '' : `\n  ${hint}`}`
    })
    const head = faults.length === 1 ? 'A setting is not valid:' : `${faults.length} settings are not valid:`
    super([head, ...lines].join('\n'))
    this.faults = faults
  }
}

const LOOPBACK = 'a loopback address, such as 127.0.0.1, ::1 or localhost, where there are no keys'
/** Typed as they stand they are enough. */
const KEYS_FIRST = `Others may reach it once it asks for keys:
    export FFLEET_KEYS_FILE="$HOME/ffleet-keys.json"
    ffleet keys add admin --role admin`

/** Passwords in URLs do not belong in messages. */
function withoutPassword(text: string): string {
  return text.replace(/^([a-z+]+:\/\/)?.*@/i, '$1***@').replace(/(password=)[^&]*/gi, '$1***')
}

/**
 * Reads the FFLEET_ variables; an empty one counts as absent, and one that cannot be used is a fault and has its default.
 * Touches no file: see `prepareConfig`.
 */
export function readConfig(env: NodeJS.ProcessEnv = process.env): { config: Config; faults: ConfigFault[] } {
  const faults: ConfigFault[] = []
  const values: Record<string, unknown> = {}
  for (const [name, setting] of Object.entries(SETTINGS) as [string, Setting<unknown>][]) {
    const text = env[setting.key]?.trim() ?? ''
    const reading = text === '' ? { value: setting.default } : setting.read(text)
    values[name] = 'value' in reading ? reading.value : setting.default
    if ('takes' in reading) faults.push({ key: setting.key, got: withoutPassword(text), takes: reading.takes })
  }
  const read = values as Values
  const mediaRoot = read.mediaRoot ?? join(read.dataDir, 'media')
  const outputRoot = read.outputRoot ?? join(read.dataDir, 'outputs')
  const spoolDir = read.spoolDir ?? join(read.dataDir, 'spool')
  if (outputRoot === read.dataDir) {
    const takes = 'another folder than FFLEET_DATA_DIR, or jobs could overwrite reports and the queue'
    faults.push({ key: SETTINGS.outputRoot.key, got: outputRoot, takes })
  }
  if (read.reportRoot !== null && [mediaRoot, outputRoot].some((root) => overlaps(root, read.reportRoot!))) {
    const takes = `a place of its own, neither in ${SETTINGS.outputRoot.key} or ${SETTINGS.mediaRoot.key} nor above them`
    faults.push({ key: SETTINGS.reportRoot.key, got: read.reportRoot, takes })
  }
  if (!isLoopback(read.host) && read.keysFile === null) {
    faults.push({ key: SETTINGS.host.key, got: read.host, takes: LOOPBACK, hint: KEYS_FIRST })
  }
  if (read.watchRules !== null && parseBucket(mediaRoot) !== null) {
    const takes = `nothing where ${SETTINGS.mediaRoot.key} is a bucket: only folders are watched`
    faults.push({ key: SETTINGS.watchRules.key, got: read.watchRules, takes })
  }
  if (read.store === 'api' && read.url === null) {
    const takes = `the address of the API, such as https://ffleet.example, because ${SETTINGS.store.key} is api`
    faults.push({ key: SETTINGS.url.key, got: '', takes })
  }
  if ((read.tlsCert === null) !== (read.tlsKey === null)) {
    const [lacking, other] =
      read.tlsCert === null ? [SETTINGS.tlsCert, SETTINGS.tlsKey] : [SETTINGS.tlsKey, SETTINGS.tlsCert]
    faults.push({ key: lacking.key, got: '', takes: `a file, because ${other.key} is set: TLS needs both, or neither` })
  }
  return { config: { ...read, mediaRoot, outputRoot, spoolDir, warnings: unknownVariables(env) }, faults }
}

/**
 * The settings, as `readConfig` reads them.
 *
 * @throws ConfigError with every fault.
 */
export function loadConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const { config, faults } = readConfig(env)
  if (faults.length > 0) throw new ConfigError(faults)
  return config
}

/** Whether one of two folders, or prefixes of buckets, is the other or lies in it. */
function overlaps(one: string, other: string): boolean {
  const [a, b] = [one, other].map((root) => `${root.replace(/\/+$/, '')}/`) as [string, string]
  return a.startsWith(b) || b.startsWith(a)
}

function unknownVariables(env: NodeJS.ProcessEnv): string[] {
  const known: string[] = Object.values(SETTINGS).map((setting) => setting.key)
  return Object.keys(env)
    .filter((key) => key.startsWith('FFLEET_') && !known.includes(key))
    .sort()
    .map((key) => {
      const [meant] = nearest(key, known)
      return `${key} is no setting of ffleet${meant ? `; did you mean ${meant}?` : ''}`
    })
}
