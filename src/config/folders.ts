/** The folders that settings name: what stands against using one, and making those that are missing. */
import { constants } from 'node:fs'
import { access, mkdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { parseBucket } from '../s3/location.js'
import { scratchRootOf } from '../storage/scratch-root.js'
import type { Config } from './index.js'
import { SETTINGS } from './settings.js'

export type NamedFolder = {
  /** The setting that names it. */
  key: string
  path: string
  /** Whether the start makes it when it is missing. */
  create: boolean
  /** Whether ffleet writes in it. */
  write: boolean
}

/** A media root that was named, or that a fleet shares (`makeMedia: false`), is not made: if it is missing, a disk is not mounted or a name is mistyped. */
export function foldersOf(config: Config, { makeMedia = true } = {}) {
  const { dataDir, mediaRoot, outputRoot, reportRoot, presetsDir } = config
  const scratchRoot = scratchRootOf(config)
  // Of a bucket the worker has the folder in which outputs grow; the bucket is asked when it is used.
  const { key } = scratchRoot === outputRoot ? SETTINGS.outputRoot : SETTINGS.scratchDir
  const createMedia = makeMedia && mediaRoot === join(dataDir, 'media')
  return {
    data: { key: SETTINGS.dataDir.key, path: dataDir, create: true, write: true },
    // Of a bucket nothing is here.
    media:
      parseBucket(mediaRoot) === null
        ? { key: SETTINGS.mediaRoot.key, path: mediaRoot, create: createMedia, write: false }
        : null,
    outputs: { key, path: scratchRoot, create: true, write: true },
    // By default it is in the data folder, and made with the first report.
    reports:
      reportRoot !== null && parseBucket(reportRoot) === null
        ? { key: SETTINGS.reportRoot.key, path: reportRoot, create: true, write: true }
        : null,
    presets: presetsDir && { key: SETTINGS.presetsDir.key, path: presetsDir, create: false, write: false },
  } satisfies Record<string, NamedFolder | '' | null>
}

/** How a folder was found; `standing` is itself or the closest one above it that exists. */
export type FolderLook = { standing: string; fault: { found: string; takes: string } | null }

/** Looks whether a folder can be used or made, changing nothing. */
export async function lookAtFolder({ path, create, write }: NamedFolder): Promise<FolderLook> {
  const standing = await closestExisting(path)
  const isThere = standing === path
  const fault = (found: string, takes: string) => ({ standing, fault: { found, takes } })
  if (!isThere && !create) return fault(`${path} does not exist`, 'an existing folder; create it, or mount its disk')
  if (!(await stat(standing)).isDirectory()) {
    return fault(`${standing} is no folder`, 'a folder; this is something else, or lies below a file')
  }
  const use = isThere && !write ? constants.R_OK : constants.W_OK
  try {
    await access(standing, use | constants.X_OK)
  } catch {
    const may = use === constants.R_OK ? 'read' : 'write in'
    return fault(
      `${standing} may not be ${may === 'read' ? 'read' : 'written'} by this user`,
      `a folder that this user may ${may}`,
    )
  }
  return { standing, fault: null }
}

async function closestExisting(path: string): Promise<string> {
  const exists = await stat(path).then(
    () => true,
    () => false,
  )
  return exists || dirname(path) === path ? path : closestExisting(dirname(path))
}

/** Makes a folder and those above it. Where the system lets nothing be made, Node's `recursive` would try for ever. */
export async function makeFolder(path: string): Promise<void> {
  if ((await closestExisting(path)) === path) return
  await makeFolder(dirname(path))
  await mkdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
}
