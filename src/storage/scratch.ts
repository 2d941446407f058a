import { join } from 'node:path'
import * as folders from './attempt-folder.js'
import type { PublishedFile } from './output-store.js'
import { openPublished } from './published.js'
import { spaceOf } from './space.js'

/** Unfinished outputs, by job and attempt; see `attempt-folder.ts`. */
export type ScratchStore = {
  /** Where the folder of an attempt is, whether it exists or not. */
  path(jobId: string, attempt: number): string
  create(jobId: string, attempt: number): Promise<string>
  remove(jobId: string, attempt: number): Promise<void>
  /** Removes the folders of attempts before this one. */
  sweep(jobId: string, attempt: number): Promise<void>
  /** Notes what is verified in the folder of an attempt, in JSON; goes with it. */
  note(jobId: string, attempt: number, note: unknown): Promise<void>
  /** Null where nothing is noted. */
  noted(jobId: string, attempt: number): Promise<unknown>
  /** Makes the folder of an attempt, with what is noted of it, that of a later one. */
  passOn(jobId: string, from: number, to: number): Promise<void>
  /** A file of what is shown of an output while it is still encoded; `path` in that. NOT_FOUND. */
  openEarly(jobId: string, attempt: number, output: string, path: string): Promise<PublishedFile>
  removeJob(jobId: string): Promise<void>
  /** What the folder of an attempt takes of the disk; see `spaceOf`. */
  space(jobId: string, attempt: number, enough: number): Promise<number>
  list(): Promise<folders.AttemptFolder[]>
}

/** In the folder `.ffleet` of a root; see `scratchRootOf`. */
export function openScratch(root: string): ScratchStore {
  return {
    create: (jobId, attempt) => folders.createAttemptFolder(root, jobId, attempt),
    path: (jobId, attempt) => folders.attemptFolder(root, jobId, attempt),
    remove: (jobId, attempt) => folders.removeAttemptFolder(root, jobId, attempt),
    sweep: (jobId, attempt) => folders.sweepAttemptFolders(root, jobId, attempt),
    note: (jobId, attempt, note) => folders.writeNote(root, jobId, attempt, note),
    noted: (jobId, attempt) => folders.readNote(root, jobId, attempt),
    passOn: (jobId, from, to) => folders.passOn(root, jobId, from, to),
    openEarly: (jobId, attempt, output, path) =>
      openPublished(join(folders.attemptFolder(root, jobId, attempt), folders.earlyFolder(output)), path, null),
    removeJob: (jobId) => folders.removeJobFolder(root, jobId),
    space: (jobId, attempt, enough) => spaceOf(folders.attemptFolder(root, jobId, attempt), enough),
    list: () => folders.listAttemptFolders(root),
  }
}
