/** Where bytes live: inputs, outputs, unfinished outputs, reports. Another store than folders has to offer the same. */
import { parseBucket, type S3Places, s3Settings } from '../s3/index.js'
import * as scratch from './attempt-folder.js'
import { Bucket } from './bucket/bucket.js'
import { openBucketOutputs } from './bucket/outputs.js'
import { bucketMark } from './bucket/root-mark.js'
import { openFolderOutputs } from './folder-outputs.js'
import { holdsAnything, type InputFile, type OpenInput, openInput, resolveInput } from './inputs.js'
import { listMedia, type MediaPage } from './media.js'
import type { OutputStore } from './output-store.js'
import { openReports, type ReportStore } from './reports.js'
import { folderMark, openRoots, type RootMark, type Roots } from './roots.js'
import { scratchRootOf } from './scratch-root.js'
import { spaceOf } from './space.js'
import { openUploads, type UploadStore } from './uploads.js'

export type { InputFile, OpenInput } from './inputs.js'
export type { Destination, OutputStore, Prepared, PublishedAs, PublishedFile } from './output-store.js'
export type { OutputPlace } from './places.js'
export type { RootIds } from './roots.js'

/** Unfinished outputs, by job and attempt; see `attempt-folder.ts`. */
type ScratchStore = {
  /** Where the folder of an attempt is, whether it exists or not. */
  path(jobId: string, attempt: number): string
  create(jobId: string, attempt: number): Promise<string>
  remove(jobId: string, attempt: number): Promise<void>
  /** Removes the folders of attempts before this one. */
  sweep(jobId: string, attempt: number): Promise<void>
  removeJob(jobId: string): Promise<void>
  /** What the folder of an attempt takes of the disk; see `spaceOf`. */
  space(jobId: string, attempt: number, enough: number): Promise<number>
  list(): Promise<scratch.AttemptFolder[]>
}

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
    scratch: {
      create: (jobId, attempt) => scratch.createAttemptFolder(scratchRoot, jobId, attempt),
      path: (jobId, attempt) => scratch.attemptFolder(scratchRoot, jobId, attempt),
      remove: (jobId, attempt) => scratch.removeAttemptFolder(scratchRoot, jobId, attempt),
      sweep: (jobId, attempt) => scratch.sweepAttemptFolders(scratchRoot, jobId, attempt),
      removeJob: (jobId) => scratch.removeJobFolder(scratchRoot, jobId),
      space: (jobId, attempt, enough) => spaceOf(scratch.attemptFolder(scratchRoot, jobId, attempt), enough),
      list: () => scratch.listAttemptFolders(scratchRoot),
    },
    reports: openReports(dataDir),
    uploads: openUploads(dataDir),
    roots: openRoots({ mediaRoot, outputs: mark, data: folderMark(dataDir) }),
  }
}
