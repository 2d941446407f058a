/** What encloses every ffmpeg and ffprobe of this process, by the settings. */
import { homedir } from 'node:os'
import { type Config, ConfigError, type ConfigFault } from '../src/config/index.js'
import { isLoopback } from '../src/config/kinds.js'
import {
  type Capabilities,
  type Choice,
  chooseEnclosure,
  NoSandboxError,
  type SandboxNeeds,
} from '../src/ffmpeg/index.js'
import type { OpenApis } from '../src/queue/index.js'
import { parseBucket } from '../src/s3/location.js'
import { scratchRootOf } from '../src/storage/scratch-root.js'

/** @throws ConfigError where there has to be a sandbox and there can be none. */
export async function enclosureFor(
  config: Config,
  capabilities: Pick<Capabilities, 'ffmpeg' | 'ffprobe'>,
): Promise<Choice> {
  const { ffmpeg, ffprobe } = capabilities
  const programs = ffprobe === null ? [ffmpeg] : [ffmpeg, ffprobe]
  try {
    return await chooseEnclosure(config.sandbox, sandboxNeeds(config, programs), {
      mustHave: !isLoopback(config.host),
    })
  } catch (error) {
    if (!(error instanceof NoSandboxError)) throw error
    throw new ConfigError([faultBy(error, config)])
  }
}

type Exposed = { config: Config; choice: Choice; openApis: Pick<OpenApis, 'list'> }

/**
 * What is wrong with a worker that would run without a sandbox what other machines send to an API of the fleet; null when
 * nothing is, and when it was told by name to have none.
 */
export async function sandboxFault({ config, choice: { obstacle }, openApis }: Exposed): Promise<ConfigFault | null> {
  if (obstacle === null) return null
  const [address] = await openApis.list()
  if (address === undefined) return null
  return faultBy({ obstacle }, config, `, as the API at ${address} is open to other machines`)
}

function faultBy({ obstacle }: Pick<NoSandboxError, 'obstacle'>, { sandbox }: Config, why = ''): ConfigFault {
  const { cause, remedy } = obstacle
  const takes = `none, or a bubblewrap that starts${why}. ${cause} ${remedy.replace(/\.$/, '')}`
  return { key: 'FFLEET_SANDBOX', got: sandbox, takes }
}

export function sandboxNeeds(config: Config, programs: readonly string[]): SandboxNeeds {
  return {
    programs,
    limits: config,
    variables: config.sandboxVariables,
    hidden: [
      ...(parseBucket(config.mediaRoot) ? [] : [config.mediaRoot]),
      scratchRootOf(config),
      config.dataDir,
      homedir(),
    ],
  }
}
