/** Where a program of one user keeps what is neither a setting nor a document. */
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import type { Config } from './index.js'
import { SETTINGS } from './settings.js'

/**
 * Of the XDG Base Directory Specification its state folder (logs and history; a relative XDG_STATE_HOME counts as none),
 * and on macOS and Windows what stands for it there.
 */
export function userFolder(env: NodeJS.ProcessEnv = process.env, platform: NodeJS.Platform = process.platform): string {
  const home = env.HOME?.trim() || homedir()
  const given = env.XDG_STATE_HOME?.trim() ?? ''
  if (isAbsolute(given)) return join(given, 'ffleet')
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'ffleet')
  if (platform === 'win32') return join(env.LOCALAPPDATA?.trim() || join(home, 'AppData', 'Local'), 'ffleet')
  return join(home, '.local', 'state', 'ffleet')
}

/** The settings of `ffleet run`: it leaves nothing in the folder that it is started in, unless FFLEET_DATA_DIR says so. */
export function forRuns(config: Config, env: NodeJS.ProcessEnv = process.env): Config {
  const isGiven = (env[SETTINGS.dataDir.key]?.trim() ?? '') !== ''
  return isGiven ? config : { ...config, dataDir: userFolder(env) }
}
