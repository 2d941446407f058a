/** Where bytes live: inputs, outputs, unfinished outputs, reports. Another store than folders has to offer the same. */
import { parseBucket, type S3Places, s3Settings } from '../s3/index.js'
import { storeApiOf } from '../store-api/index.js'
import { Bucket } from './bucket/bucket.js'
import { openBucketOutputs } from './bucket/outputs.js'
import { bucketMark } from './bucket/root-mark.js'
import { openFolderOutputs } from './folder-outputs.js'
import { holdsAnything, type InputFile, type OpenInput, openInput, resolveInput } from './inputs.js'
import { listMedia, type MediaPage } from './media.js'
import type { OutputStore } from './output-store.js'
import { openStorageOverApi } from './over-api/index.js'
import { openReports, type ReportStore } from './reports.js'
import { folderMark, openRoots, type RootMark, type Roots } from './roots.js'
import { openScratch, type ScratchStore } from './scratch.js'
import { scratchRootOf } from './scratch-root.js'
import { openUploads, type UploadStore } from './uploads.js'
import type { WorkerStorage } from './worker-storage.js'

export type { InputFile, OpenInput } from './inputs.js'
export type { Destination, OutputStore, Prepared, PublishedAs, PublishedFile } from './output-store.js'
export type { OutputPlace } from './places.js'
export type { RootIds } from './roots.js'
export type { SeenInputs, WorkerStorage } from './worker-storage.js'

export type Storage = {
  inputs: {
    resolve(uri: string): Promise<InputFile>
    /** The same, and holds it open. */
    open(uri: string): Promise<OpenInput>
    /** What a folder of the root holds; see `listMedia`. */
    list(path: string, page: { limit: number; after: string | null }): Promise<MediaPage>
    /** Whether the root is there with anything in it: an unmounted disk leaves an empty folder, or none. */
    hasAny(): Promise<boolean>
  }
  outputs: OutputStore
  scratch: ScratchStore
  reports: ReportStore
  uploads: UploadStore
  roots: Roots
}

export type Places = {
  mediaRoot: string
  /** A folder, or `s3://bucket/prefix`. */
  outputRoot: string
  dataDir: string
  /** Where outputs in a bucket grow; default: `scratch` in the data folder. */
  scratchDir?: string | null
} & S3Places

/** Where outputs are kept, and how that is known. */
function openOutputs(places: Places): { outputs: OutputStore; mark: RootMark } {
  const { outputRoot, dataDir } = places
  const location = parseBucket(outputRoot)
  if (location === null) return { outputs: openFolderOutputs(outputRoot, [dataDir]), mark: folderMark(outputRoot) }
  const bucket = new Bucket(location, s3Settings(places))
  return { outputs: openBucketOutputs(bucket, scratchRootOf(places)), mark: bucketMark(bucket) }
}

/** Storage in folders of this machine, or ones that it has mounted, and outputs in a bucket. Touches nothing before the first call. */
export function openStorage(places: Places): Storage {
  const { mediaRoot, dataDir } = places
  const scratchRoot = scratchRootOf(places)
  const { outputs, mark } = openOutputs(places)
  return {
    inputs: {
      resolve: (uri) => resolveInput(mediaRoot, uri),
      open: (uri) => openInput(mediaRoot, uri),
      list: (path, page) => listMedia(mediaRoot, path, page),
      hasAny: () => holdsAnything(mediaRoot),
    },
    outputs,
    scratch: openScratch(scratchRoot),
    reports: openReports(dataDir),
    uploads: openUploads(dataDir),
    roots: openRoots({ mediaRoot, outputs: mark, data: folderMark(dataDir) }),
  }
}

export type WorkerPlaces = Places & { store: 'folders' | 'api'; url: string | null; apiKey: string | null }

/** What workers ask of the same, or of the API where that has it. */
export function openWorkerStorage(places: WorkerPlaces): WorkerStorage {
  const api = storeApiOf(places)
  if (api !== null) return openStorageOverApi(api, { scratchRoot: scratchRootOf(places), dataDir: places.dataDir })
  const { inputs, uploads, ...storage } = openStorage(places)
  const { open, hasAny } = inputs
  return { ...storage, inputs: { open, hasAny, openUpload: uploads.open, openOutput: storage.outputs.hold } }
}
