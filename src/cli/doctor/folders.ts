/** Checks of the folders ffleet reads and writes. */
import { access, constants, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Config } from '../../config.js'
import { SCRATCH_FOLDER } from '../../storage/names.js'
import { formatBytes } from '../render/figures.js'
import { bad, type Finding, good, poor } from './finding.js'

const LOW_BYTES = 1024 ** 3

type Folder = { id: string; title: string; path: string; key: string; mode: number; create: boolean }

export async function checkFolders(config: Config): Promise<Finding[]> {
  const write = constants.R_OK | constants.W_OK | constants.X_OK
  const read = constants.R_OK | constants.X_OK
  const isDefault = config.mediaRoot === join(config.dataDir, 'media')
  const folders: Folder[] = [
    { id: 'data-dir', title: 'data folder', path: config.dataDir, key: 'FFLEET_DATA_DIR', mode: write, create: true },
    {
      id: 'media-root',
      title: 'media root',
      path: config.mediaRoot,
      key: 'FFLEET_MEDIA_ROOT',
      mode: read,
      create: isDefault,
    },
    {
      id: 'output-root',
      title: 'output root',
      path: config.outputRoot,
      key: 'FFLEET_OUTPUT_ROOT',
      mode: write,
      create: true,
    },
  ]
  const checked = await Promise.all(folders.map(checkFolder))
  return [...checked, ...(await checkScratch(config.outputRoot))]
}

async function checkFolder({ id, title, path, key, mode, create }: Folder): Promise<Finding> {
  const facts = { id, title }
  const standing = await nearestExisting(path)
  const isThere = standing === path
  const hint = `Correct ${key}, or the rights of the folder.`
  if (!isThere && !create)
    return bad({ ...facts, found: `${path} does not exist`, hint: `Create it, mount its disk, or correct ${key}.` })
  if (!(await stat(standing)).isDirectory()) return bad({ ...facts, found: `${standing} is no folder`, hint })
  try {
    await access(standing, isThere ? mode : constants.W_OK | constants.X_OK)
  } catch {
    const may = (mode & constants.W_OK) === 0 ? 'read' : 'written'
    return bad({ ...facts, found: `${standing} may not be ${may} by this user`, hint })
  }
  const { bavail, bsize } = await statfs(standing)
  const freeBytes = bavail * bsize
  const found = `${path}, ${isThere ? '' : 'created at the start, '}${formatBytes(freeBytes)} free`
  if (freeBytes >= LOW_BYTES || (mode & constants.W_OK) === 0) return good({ ...facts, found })
  return poor({ ...facts, found, hint: 'Free space on it: a full disk fails jobs.' })
}

/** The path itself or the closest folder above it that exists. */
async function nearestExisting(path: string): Promise<string> {
  const exists = await stat(path).then(
    () => true,
    () => false,
  )
  return exists || dirname(path) === path ? path : nearestExisting(dirname(path))
}

/** Outputs are moved from the scratch folder to their places, which only works as one step on one filesystem. */
async function checkScratch(outputRoot: string): Promise<Finding[]> {
  const [root, scratch] = await Promise.all(
    [outputRoot, join(outputRoot, SCRATCH_FOLDER)].map((path) => stat(path).catch(() => null)),
  )
  if (!root || !scratch || root.dev === scratch.dev) return []
  const hint = `Let ${SCRATCH_FOLDER} be an ordinary folder of the output root: from another disk every output is copied.`
  return [poor({ id: 'scratch', title: 'scratch folder', found: 'on another filesystem than the output root', hint })]
}
