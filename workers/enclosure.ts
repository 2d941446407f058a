/** What encloses every ffmpeg and ffprobe of this process, by the settings. */
import { homedir } from 'node:os'
import { type Config, ConfigError } from '../src/config/index.js'
import { isLoopback } from '../src/config/kinds.js'
import {
  type Capabilities,
  type Choice,
  chooseEnclosure,
  NoSandboxError,
  type SandboxNeeds,
} from '../src/ffmpeg/index.js'

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
    const { cause, remedy } = error.obstacle
    const takes = `none, or a bubblewrap that starts. ${cause} ${remedy.replace(/\.$/, '')}`
    throw new ConfigError([{ key: 'FFLEET_SANDBOX', got: config.sandbox, takes }])
  }
}

export function sandboxNeeds(config: Config, programs: readonly string[]): SandboxNeeds {
  return {
    programs,
    limits: config,
    variables: config.sandboxVariables,
    hidden: [config.mediaRoot, config.outputRoot, config.dataDir, homedir()],
  }
}
