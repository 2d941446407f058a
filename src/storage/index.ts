/** Where bytes live: inputs, outputs, unfinished outputs, reports. Another store than folders has to offer the same. */
import { realpath } from 'node:fs/promises'
import { FfleetError } from '../contract/index.js'
import * as scratch from './attempt-folder.js'
import type { FileIdentity } from './identity.js'
import { holdsAnything, type InputFile, type OpenInput, openInput, resolveInput } from './inputs.js'
import { listMedia, type MediaPage } from './media.js'
import { type OutputPlace, type PlaceOptions, requireWritable, resolveOutput } from './places.js'
import { type Manifest, placeOutput, prepareOutput } from './publish.js'
import {
  createContentCheck,
  holdPublished,
  listPublished,
  lookAtPublished,
  openPublished,
  type PublishedAs,
  type PublishedFile,
  requireSame,
} from './published.js'
import { openReports, type ReportStore } from './reports.js'
import { openRoots, type Roots } from './roots.js'
import { spaceOf } from './space.js'
import { openUploads, type UploadStore } from './uploads.js'

export type { FileIdentity } from './identity.js'
export type { InputFile, OpenInput } from './inputs.js'
export type { OutputPlace } from './places.js'
export type { Manifest } from './publish.js'
export type { PublishedAs, PublishedFile } from './published.js'
export type { RootIds } from './roots.js'

type Stop = { signal?: AbortSignal }

/** Finished outputs. What a second store implements: `test/contract/output-store.ts` is its conformance kit. */
export type OutputStore = {
  /** Where a requested path leads; see `resolveOutput`. */
  resolve(path: string, options?: Omit<PlaceOptions, 'keepOut'>): Promise<OutputPlace>
  /** Throws now what `place` would throw if things stay as they are: OUTPUT_NOT_WRITABLE, OUTPUT_EXISTS. */
  check(path: string, options: { folder: boolean; keepExisting: boolean }): Promise<void>
  /** Hashes a staged file or folder and makes it last; nothing becomes visible. */
  prepare(stagedPath: string, options?: Stop): Promise<Manifest>
  /**
   * Puts a prepared output at its path, relative to the root; may be repeated after a crash. Gives what it is known by
   * from then on. `keepExisting`: OUTPUT_EXISTS when something else is there.
   */
  place(
    manifest: Manifest,
    stagedPath: string,
    path: string,
    options?: Stop & { keepExisting?: boolean },
  ): Promise<FileIdentity>
  /** A published file, or, without `as`, one inside a published folder (`folder/file`); see `openPublished`. */
  open(path: string, as: PublishedAs | null): Promise<PublishedFile>
  /** Opens a published file as the input of another job, and holds it open. */
  hold(path: string, as: PublishedAs): Promise<OpenInput>
  /** Throws NOT_FOUND or OUTPUT_REPLACED unless what was published, file or folder, still is at its path. */
  requireSame(path: string, as: PublishedAs): Promise<void>
  /** The files of a published folder. */
  list(path: string): Promise<{ path: string; bytes: number }[]>
}

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

/** A path that was good when the job came, but no longer: not the request is at fault now. */
function refuse(error: unknown): never {
  if (!(error instanceof FfleetError)) throw error
  throw new FfleetError('OUTPUT_NOT_WRITABLE', error.message, { cause: error })
}

/** Storage in folders of this machine, or ones that it has mounted. Touches nothing before the first call. */
export function openStorage(folders: { mediaRoot: string; outputRoot: string; dataDir: string }): Storage {
  const { mediaRoot, outputRoot, dataDir } = folders
  const keepOut = [dataDir]
  const holds = createContentCheck()
  const resolvePlace: OutputStore['resolve'] = (path, options) =>
    resolveOutput(outputRoot, path, { ...options, keepOut })
  return {
    inputs: {
      resolve: (uri) => resolveInput(mediaRoot, uri),
      open: (uri) => openInput(mediaRoot, uri),
      list: (path, page) => listMedia(mediaRoot, path, page),
      hasAny: () => holdsAnything(mediaRoot),
    },
    outputs: {
      resolve: resolvePlace,
      async check(path, options) {
        const place = await resolvePlace(path, options).catch(refuse)
        if (options.keepExisting && place.taken) {
          throw new FfleetError('OUTPUT_EXISTS', `Something is at the path of the output, ${path}, since the job came.`)
        }
        await requireWritable(place.path)
      },
      prepare: prepareOutput,
      async place(manifest, stagedPath, path, options) {
        const { path: destination } = await resolvePlace(path, { folder: manifest.kind === 'folder' }).catch(refuse)
        await placeOutput(manifest, stagedPath, destination, { ...options, root: await realpath(outputRoot) })
        return lookAtPublished(outputRoot, path)
      },
      open: (path, as) => openPublished(outputRoot, path, as, holds),
      hold: (path, as) => holdPublished(outputRoot, path, as, holds),
      requireSame: (path, as) => requireSame(outputRoot, path, as, holds),
      list: (path) => listPublished(outputRoot, path),
    },
    scratch: {
      create: (jobId, attempt) => scratch.createAttemptFolder(outputRoot, jobId, attempt),
      path: (jobId, attempt) => scratch.attemptFolder(outputRoot, jobId, attempt),
      remove: (jobId, attempt) => scratch.removeAttemptFolder(outputRoot, jobId, attempt),
      sweep: (jobId, attempt) => scratch.sweepAttemptFolders(outputRoot, jobId, attempt),
      removeJob: (jobId) => scratch.removeJobFolder(outputRoot, jobId),
      space: (jobId, attempt, enough) => spaceOf(scratch.attemptFolder(outputRoot, jobId, attempt), enough),
      list: () => scratch.listAttemptFolders(outputRoot),
    },
    reports: openReports(dataDir),
    uploads: openUploads(dataDir),
    roots: openRoots(folders),
  }
}
