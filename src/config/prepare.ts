/** What a part of ffleet needs of its settings and of this machine before it starts: every fault named at once. */

import { findExecutable } from '../programs.js'
import { foldersOf, lookAtFolder, makeFolder, type NamedFolder } from './folders.js'
import { type Config, ConfigError, type ConfigFault, readConfig } from './index.js'
import { SETTINGS } from './settings.js'
import { forRuns } from './user-folder.js'

type Folders = ReturnType<typeof foldersOf>

/** What each part uses. */
const PARTS = {
  up: { folders: ['data', 'media', 'outputs', 'reports', 'presets'], ffmpeg: true, shared: false },
  api: { folders: ['data', 'media', 'outputs', 'reports', 'presets'], ffmpeg: false, shared: true },
  worker: { folders: ['data', 'media', 'outputs', 'reports'], ffmpeg: true, shared: true },
  'watch-folders': { folders: ['media'], ffmpeg: false, shared: true },
  run: { folders: ['data', 'presets'], ffmpeg: true, shared: false },
} as const satisfies Record<string, { folders: (keyof Folders)[]; ffmpeg: boolean; shared: boolean }>

/**
 * The settings for a part that is to start; the folders that it writes in are there then.
 *
 * @throws ConfigError with every setting that cannot be read, and every folder and program that cannot be used.
 */
export async function prepareConfig(part: keyof typeof PARTS, env: NodeJS.ProcessEnv = process.env): Promise<Config> {
  const read = readConfig(env)
  const { faults } = read
  // Only a worker asks the API for its files.
  const settings: Config = part === 'worker' ? read.config : { ...read.config, store: 'folders' }
  const config = part === 'run' ? forRuns(settings, env) : settings
  const shared = PARTS[part].shared && config.store === 'folders'
  if (shared) refuse([...faults, ...unnamedFolders(env)])
  const all = foldersOf(config, { makeMedia: !shared })
  const used = PARTS[part].folders.filter((name) => config.store === 'folders' || !['media', 'reports'].includes(name))
  const folders = used.flatMap((name) => all[name] || [])
  const found = await Promise.all(folders.map(folderFault))
  const programs = PARTS[part].ffmpeg ? programFaults(config) : []
  refuse([...faults, ...found.flat(), ...programs])
  const made = await Promise.all(folders.map(created))
  refuse(made.flat())
  return config
}

/**
 * A part of a fleet works in folders that others share. A default would be an empty folder of its own, wherever it
 * happens to be started: it would look well and find no input.
 */
function unnamedFolders(env: NodeJS.ProcessEnv): ConfigFault[] {
  const isGiven = (key: string) => (env[key]?.trim() ?? '') !== ''
  const { dataDir, mediaRoot, outputRoot } = SETTINGS
  if (isGiven(dataDir.key)) return []
  return [dataDir, mediaRoot, outputRoot]
    .filter(({ key }) => !isGiven(key))
    .map(({ key }) => ({
      key,
      got: '',
      takes: 'the folder that the whole fleet shares; api and worker have no default',
    }))
}

function refuse(faults: ConfigFault[]): void {
  if (faults.length > 0) throw new ConfigError(faults)
}

async function folderFault(folder: NamedFolder): Promise<ConfigFault[]> {
  const { fault } = await lookAtFolder(folder)
  return fault ? [{ key: folder.key, got: folder.path, takes: fault.takes }] : []
}

async function created({ key, path, create }: NamedFolder): Promise<ConfigFault[]> {
  try {
    if (create) await makeFolder(path)
    return []
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return [{ key, got: path, takes: `a folder that ffleet may create and open (${code})` }]
  }
}

/** Only an ffprobe of another name than the usual is missed: without one ffmpeg tells the most. */
function programFaults(config: Config): ConfigFault[] {
  const takes = 'a program that can be run; `ffleet doctor --fix` installs ffmpeg where it is missing'
  return (['ffmpeg', 'ffprobe'] as const).flatMap((name) => {
    const { key, default: usual } = SETTINGS[name]
    const isNeeded = name === 'ffmpeg' || config[name] !== usual
    return isNeeded && findExecutable(config[name]) === null ? [{ key, got: config[name], takes }] : []
  })
}
