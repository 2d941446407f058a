/** Settings that a program gives rather than an environment: the same names, kinds and checks as FFLEET_ variables. */
import { type Config, ConfigError } from '../config/index.js'
import { prepareConfig } from '../config/prepare.js'
import { SETTINGS } from '../config/settings.js'

type Folders = { dataDir?: string; mediaRoot?: string; outputRoot?: string }
type Store = 's3Endpoint' | 's3Region' | 's3PathStyle' | 's3Checksum'
type Some<K extends keyof Config> = { [N in K]?: Exclude<Config[N], null> }

/** `dataDir`, or `mediaRoot` and `outputRoot` beside it, must be given (`outputRoot` may be `s3://bucket/prefix`); meaning, units and defaults: docs/reference/configuration.md. */
export type QueueSettings = Folders &
  Some<
    Store | 'reportRoot' | 'presetsDir' | 'backoffMs' | 'keepEventsMs' | 'keepJobsMs' | 'keepJobsCount' | 'watchLinksMs'
  >

/** As `QueueSettings`, for what a worker needs. */
export type WorkerSettings = Folders &
  Some<
    | (Store | 'scratchDir' | 'unpublishedBytes' | 'reportRoot')
    | ('store' | 'url' | 'apiKey')
    | ('ffmpeg' | 'ffprobe' | 'slots' | 'statsPeriodMs')
    | ('sandbox' | 'sandboxVariables' | 'maxMemoryBytes' | 'maxCpuMs' | 'maxOutputBytes')
    | ('maxInputBytes' | 'maxPixels' | 'maxDurationMs')
    | ('stallTimeoutMs' | 'startTimeoutMs' | 'finalizeTimeoutMs' | 'drainTimeoutMs')
    | ('lockDurationMs' | 'stalledCheckMs' | 'poisonStarts' | 'backoffMs')
    | ('keepEventsMs' | 'keepJobsMs' | 'keepJobsCount' | 'logLevel')
  >

type Name = keyof QueueSettings | keyof WorkerSettings

/**
 * Nothing is taken from the environment.
 *
 * @throws ConfigError with every setting that cannot be used, by the name that it has here.
 */
export async function configOf(part: 'api' | 'worker', settings: QueueSettings | WorkerSettings): Promise<Config> {
  const given = Object.entries(settings).filter(([, value]) => value !== undefined)
  const unknown = given.filter(([name]) => !(name in SETTINGS))
  if (unknown.length > 0) {
    throw new ConfigError(
      unknown.map(([name, value]) => ({ key: name, got: String(value), takes: 'no value: there is no such setting' })),
    )
  }
  const env = Object.fromEntries(given.map(([name, value]) => [SETTINGS[name as Name].key, String(value)]))
  try {
    return await prepareConfig(part, env)
  } catch (error) {
    throw error instanceof ConfigError ? new ConfigError(error.faults.map(byOwnName)) : error
  }
}

function byOwnName(fault: ConfigError['faults'][number]): ConfigError['faults'][number] {
  const own = Object.entries(SETTINGS).find(([, { key }]) => key === fault.key)
  return { ...fault, key: own?.[0] ?? fault.key }
}
