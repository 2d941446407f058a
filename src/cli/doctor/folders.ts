/** Checks of the folders ffleet reads and writes. */
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rootFault } from '../../../workers/roots.js'
import { foldersOf, lookAtFolder, type NamedFolder } from '../../config/folders.js'
import type { Config } from '../../config/index.js'
import { SETTINGS } from '../../config/settings.js'
import { FfleetError } from '../../contract/index.js'
import { faultLine, loadPresets, PresetFaultsError } from '../../presets/index.js'
import { askFleetRoots } from '../../queue/check-redis.js'
import { parseBucket } from '../../s3/location.js'
import { openStorage, openWorkerStorage } from '../../storage/index.js'
import { SCRATCH_FOLDER } from '../../storage/names.js'
import { count, formatBytes } from '../render/figures.js'
import { bad, type Finding, good, poor } from './finding.js'

const LOW_BYTES = 1024 ** 3

export async function checkFolders(config: Config): Promise<Finding[]> {
  const { data, media, outputs, reports } = foldersOf(config)
  const isOverApi = config.store === 'api'
  const checked = await Promise.all([
    checkFolder({ id: 'data-dir', title: 'data folder' }, data),
    ...(isOverApi ? [] : [checkMedia(config, media)]),
    ...(isOverApi || config.reportRoot === null ? [] : [checkReports(config, reports)]),
    checkFolder(
      isOverApi || parseBucket(config.outputRoot)
        ? { id: 'scratch', title: 'scratch folder' }
        : { id: 'output-root', title: 'output root' },
      outputs,
    ),
  ])
  if (isOverApi) return [...checked, await checkStoreApi(config)]
  const further = parseBucket(config.outputRoot) ? checkBucket(config) : checkScratch(config.outputRoot)
  return [...checked, ...(await further)]
}

/** Whether objects of the media root can be listed, where it is a bucket. */
async function checkMedia(config: Config, folder: NamedFolder | null): Promise<Finding> {
  const facts = { id: 'media-root', title: 'media root' }
  if (folder !== null) return checkFolder(facts, folder)
  try {
    await openStorage(config).inputs.list('', { limit: 1, after: null })
    return good({ ...facts, found: config.mediaRoot })
  } catch (error) {
    if (!(error instanceof FfleetError)) throw error
    return bad({ ...facts, found: `${config.mediaRoot}: ${error.message}`, hint: error.hint })
  }
}

/** Whether reports could be kept where they are to be, and removed: a few bytes are. */
async function checkReports(config: Config, folder: NamedFolder | null): Promise<Finding> {
  const facts = { id: 'report-root', title: 'report root' }
  if (folder !== null) return checkFolder(facts, folder)
  const { reports } = openStorage(config)
  const file = { jobId: `doctor-${randomUUID()}`, attempt: 1, kind: 'log' } as const
  try {
    await writeFile(await reports.place(file), 'ffleet doctor')
    await reports.grown(file)
    await reports.remove(file.jobId)
    return good({ ...facts, found: `${config.reportRoot}, reports are taken` })
  } catch (error) {
    if (!(error instanceof FfleetError)) throw error
    return bad({ ...facts, found: `${config.reportRoot}: ${error.message}`, hint: error.hint })
  } finally {
    await reports.remove(file.jobId).catch(() => {})
  }
}

/** Whether the API hands its files out to a worker here. */
async function checkStoreApi(config: Config): Promise<Finding> {
  const facts = { id: 'store', title: 'store' }
  try {
    await openWorkerStorage(config).roots.ids()
    return good({ ...facts, found: `the API at ${config.url}, with the key in FFLEET_API_KEY` })
  } catch (error) {
    if (!(error instanceof FfleetError)) throw error
    return bad({ ...facts, found: `${config.url}: ${error.message}`, hint: error.hint })
  }
}

/** Whether outputs could be published in the bucket: all that this takes is done once with a few bytes. */
async function checkBucket(config: Config): Promise<Finding[]> {
  const facts = { id: 'output-root', title: 'output root' }
  const { outputs } = openStorage(config)
  const folder = await mkdtemp(join(tmpdir(), 'ffleet-doctor-'))
  const staged = join(folder, 'probe')
  try {
    await writeFile(staged, 'ffleet doctor')
    const destination = { path: `ffleet-doctor-${randomUUID()}`, jobId: 'doctor', attempt: 1 }
    await outputs.discard(await outputs.prepare(staged, destination), staged, destination)
    return [good({ ...facts, found: `${config.outputRoot}, uploads are taken` })]
  } catch (error) {
    if (!(error instanceof FfleetError)) throw error
    return [bad({ ...facts, found: `${config.outputRoot}: ${error.message}`, hint: error.hint })]
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function checkFolder(facts: { id: string; title: string }, folder: NamedFolder): Promise<Finding> {
  const { path, key } = folder
  const { standing, fault } = await lookAtFolder(folder)
  if (fault) return bad({ ...facts, found: fault.found, hint: `${key} takes ${fault.takes}.` })
  const { bavail, bsize } = await statfs(standing)
  const freeBytes = bavail * bsize
  const found = `${path}, ${standing === path ? '' : 'created at the start, '}${formatBytes(freeBytes)} free`
  if (freeBytes >= LOW_BYTES || !folder.write) return good({ ...facts, found })
  return poor({ ...facts, found, hint: 'Free space on it: a full disk fails jobs.' })
}

/** Whether the folders are those of the fleet on FFLEET_REDIS_URL, as far as an API has said which these are. */
export async function checkFleetRoots(config: Config): Promise<Finding[]> {
  const url = config.redisUrl
  // What is wrong with it is said by the check of Redis.
  const told = url === null ? null : await askFleetRoots(url).catch(() => null)
  if (!told?.roots) return []
  const facts = { id: 'fleet-roots', title: 'fleet' }
  // It has those of whichever API it asks.
  if (config.store === 'api') return []
  const storage = openStorage(config)
  const fault = await rootFault({ config, storage, roots: { read: async () => told } }).catch((error) => {
    // Of a bucket that does not answer the check of the output root tells.
    if (error instanceof FfleetError) return 'unknown' as const
    throw error
  })
  if (fault === 'unknown') return []
  const hint = 'Mount the folders of the fleet here, or correct the variable.'
  if (fault) return [bad({ ...facts, found: `${fault.key} is ${fault.got}; it takes ${fault.takes}`, hint })]
  const { reports } = await storage.roots.ids()
  if (reports === told.roots.reports)
    return [good({ ...facts, found: `the folders are those of the API on ${told.roots.host}` })]
  const { key } = config.reportRoot ? SETTINGS.reportRoot : SETTINGS.dataDir
  const found = `${key} is another place than that of the API on ${told.roots.host}`
  return [
    poor({
      ...facts,
      found,
      hint: 'Share it, or use one FFLEET_REPORT_ROOT; otherwise that API shows neither reports nor logs of what runs here.',
    }),
  ]
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

/** The presets of the operator's own, if there is to be any. */
export async function checkPresets({ presetsDir }: Config): Promise<Finding[]> {
  if (presetsDir === null) return []
  const facts = { id: 'presets', title: 'presets' }
  try {
    const [all, shipped] = await Promise.all([loadPresets(presetsDir), loadPresets()])
    return [good({ ...facts, found: `${count(all.list().length - shipped.list().length, 'preset')} in ${presetsDir}` })]
  } catch (error) {
    if (!(error instanceof PresetFaultsError)) throw error
    const hint = 'Correct what is named, or FFLEET_PRESETS_DIR.'
    return error.faults.map((fault) => bad({ ...facts, found: `${presetsDir}: ${faultLine(fault)}`, hint }))
  }
}
