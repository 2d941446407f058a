/** Where bytes live: inputs, outputs, unfinished outputs, reports. Another store than folders has to offer the same. */
import { parseBucket, type S3Places, s3Settings } from '../s3/index.js'
import { storeApiOf } from '../store-api/index.js'
import { Bucket } from './bucket/bucket.js'
import { type DirectUploads, openDirectUploads } from './bucket/direct-uploads.js'
import { openBucketMedia } from './bucket/media.js'
import { openBucketOutputs } from './bucket/outputs.js'
import { bucketParts } from './bucket/parts.js'
import { bucketMark } from './bucket/root-mark.js'
import { openFolderOutputs } from './folder-outputs.js'
import { holdsAnything, openInput, resolveInput } from './inputs.js'
import { listMedia } from './media.js'
import { type MediaRoot, readOpen } from './media-root.js'
import type { OutputStore } from './output-store.js'
import { openStorageOverApi } from './over-api/index.js'
import { openParts, type PartShelf, type PartStore } from './parts.js'
import { openReports, type ReportStore } from './reports/index.js'
import { folderMark, openRoots, type RootMark, type Roots } from './roots.js'
import { openScratch, type ScratchStore } from './scratch.js'
import { scratchRootOf } from './scratch-root.js'
import { openUploads, type UploadStore } from './uploads.js'
import type { WorkerStorage } from './worker-storage.js'

export { type AttemptFolder, earlyFolder } from './attempt-folder.js'
export { type InputFile, type OpenInput, requireUnchanged } from './inputs.js'
export type { Manifest } from './manifest.js'
export type { Destination, OutputStore, Prepared, PublishedAs, PublishedFile } from './output-store.js'
export type { PartLimits } from './parts.js'
export type { OutputPlace } from './places.js'
export type { RootIds } from './roots.js'
export type { SeenInputs, WorkerStorage } from './worker-storage.js'
export { writeError } from './write-error.js'

export type Storage = {
  inputs: MediaRoot
  outputs: OutputStore
  scratch: ScratchStore
  parts: PartStore
  reports: ReportStore
  uploads: UploadStore
  roots: Roots
}

export type Places = {
  /** Each a folder, or `s3://bucket/prefix`. */
  mediaRoot: string
  outputRoot: string
  /** The same; default: the data folder. */
  reportRoot?: string | null
  dataDir: string
  /** Where outputs in a bucket grow; default: `scratch` in the data folder. */
  scratchDir?: string | null
} & S3Places

function openMedia(places: Places): MediaRoot {
  const { mediaRoot } = places
  const location = parseBucket(mediaRoot)
  if (location !== null) return openBucketMedia(new Bucket(location, s3Settings(places), 'input'))
  return {
    resolve: (uri) => resolveInput(mediaRoot, uri),
    read: async (uri) => readOpen(await openInput(mediaRoot, uri)),
    list: (path, page) => listMedia(mediaRoot, path, page),
    hasAny: () => holdsAnything(mediaRoot),
  }
}

/** Where outputs are kept, and how that is known. */
function openOutputs(places: Places): {
  outputs: OutputStore
  mark: RootMark
  direct: DirectUploads | null
  shelf: PartShelf | null
} {
  const { outputRoot, reportRoot, dataDir } = places
  const location = parseBucket(outputRoot)
  if (location === null)
    return {
      outputs: openFolderOutputs(outputRoot, [dataDir, ...(reportRoot ? [reportRoot] : [])]),
      mark: folderMark(outputRoot),
      direct: null,
      shelf: null,
    }
  const settings = s3Settings(places)
  const bucket = new Bucket(location, settings)
  const direct = openDirectUploads(new Bucket(location, { ...settings, checksum: 'required-only' }))
  return {
    outputs: openBucketOutputs(bucket, scratchRootOf(places)),
    mark: bucketMark(bucket),
    direct,
    shelf: bucketParts(bucket),
  }
}

/** Storage in folders of this machine, or ones that it has mounted; media and outputs also in buckets. Touches nothing before the first call. */
export function openStorage(places: Places): Storage {
  const { mediaRoot, dataDir } = places
  const scratchRoot = scratchRootOf(places)
  const { outputs, mark, direct, shelf } = openOutputs(places)
  const { reports, mark: reportMark } = openReports(places)
  return {
    inputs: openMedia(places),
    outputs,
    scratch: openScratch(scratchRoot),
    parts: openParts(scratchRoot, shelf),
    reports,
    uploads: openUploads(dataDir, { direct, scratchRoot }),
    roots: openRoots({ mediaRoot, outputs: mark, data: folderMark(dataDir), reports: reportMark }),
  }
}

export type WorkerPlaces = Places & { store: 'folders' | 'api'; url: string | null; apiKey: string | null }

/** What workers ask of the same, or of the API where that has it. */
export function openWorkerStorage(places: WorkerPlaces): WorkerStorage {
  const api = storeApiOf(places)
  if (api !== null) return openStorageOverApi(api, { scratchRoot: scratchRootOf(places), dataDir: places.dataDir })
  const { inputs, uploads, ...storage } = openStorage(places)
  const { mediaRoot } = places
  const open = parseBucket(mediaRoot) === null ? (uri: string) => openInput(mediaRoot, uri) : null
  const { hasAny } = inputs
  return { ...storage, inputs: { open, hasAny, openUpload: uploads.open, openOutput: storage.outputs.hold } }
}
