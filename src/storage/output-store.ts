/** What a store of finished outputs offers; `test/contract/output-store.ts` is its conformance kit. */
import type { Readable } from 'node:stream'
import type { FileIdentity } from './identity.js'
import type { OpenInput } from './inputs.js'
import type { Manifest } from './manifest.js'
import type { OutputPlace, PlaceOptions } from './places.js'

type Stop = { signal?: AbortSignal | undefined }

/** What is known of an output that was published. */
export type PublishedAs = {
  sha256: string
  /** Null where nothing but the hash was kept of it. */
  identity: FileIdentity | null
}

/** A file that was found; whoever opened it reads or closes it. */
export type PublishedFile = {
  bytes: number
  modifiedAt: Date
  /** Strong, with its quotes: another one whenever other bytes stand at the path, whoever put them there. */
  etag: string
  /** The bytes, or those from `first` to `last`, both included. Closes the file at its end, or when it is destroyed. */
  read(range?: { first: number; last: number }): Readable
  close(): Promise<void>
}

/** Where an output goes, relative to the root, and which attempt made it. `mediaType`: of a file. */
export type Destination = { path: string; jobId: string; attempt: number; mediaType?: string }

/** An output that is ready to be placed, as it is kept until that has happened. */
export type Prepared = Manifest & {
  /** By what the store finds again what it has of it already; its own word, absent where it has nothing. */
  pending?: string
}

/** What attempts have prepared and neither placed nor discarded; `modifiedMs`: when it began, in ms since 1970. */
export type PendingOutputs = { jobId: string; attempt: number; modifiedMs: number }

export type OutputStore = {
  /** Whether what attempts have not finished lies beside it, for the API to see. */
  readonly showsUnfinished: boolean
  /** Where a requested path leads; see `resolveOutput`. */
  resolve(path: string, options?: Omit<PlaceOptions, 'keepOut'>): Promise<OutputPlace>
  /** Throws now what `place` would throw if things stay as they are: OUTPUT_NOT_WRITABLE, OUTPUT_EXISTS. */
  check(path: string, options: { folder: boolean; keepExisting: boolean }): Promise<void>
  /** Hashes a staged file or folder; where it will only be moved from here, it is written through to the disk as well. */
  measure(stagedPath: string, options?: Stop): Promise<Manifest>
  /** Makes it last, as near to its place as it goes; nothing becomes visible. `measured`: by `measure`; default: measured here. */
  prepare(stagedPath: string, destination: Destination, options?: Stop & { measured?: Manifest }): Promise<Prepared>
  /**
   * Makes a prepared output visible at the path it was prepared for; may be repeated after a crash, by any host. Gives what it is
   * known by from then on. `keepExisting`: OUTPUT_EXISTS when something else is there. OUTPUT_INVALID when nothing is left of
   * what was prepared, and it is not in place either.
   */
  place(
    prepared: Prepared,
    stagedPath: string,
    destination: Destination,
    options?: Stop & { keepExisting?: boolean },
  ): Promise<FileIdentity>
  /** Takes back what was prepared and will not be placed. */
  discard(prepared: Prepared, stagedPath: string, destination: Destination): Promise<void>
  /** The same for all that attempts of a job before this one left; what was decided of theirs is in place by then. */
  sweep(jobId: string, attempt: number): Promise<void>
  /** Of whatever job: what there may be to sweep. */
  pending(): Promise<PendingOutputs[]>
  /** Takes back what was begun so long ago that no attempt goes on with it, and that `pending` does not tell of. `nowMs`: since 1970. */
  sweepUnknown(nowMs: number): Promise<void>
  /** Where a published output lies for a program beside ffleet: an absolute path of this host, or a URL. */
  address(output: { path: string; href: string | null }): string
  /** A published file, or, without `as`, one inside a published folder (`folder/file`). NOT_FOUND, OUTPUT_REPLACED. */
  open(path: string, as: PublishedAs | null): Promise<PublishedFile>
  /** Gives a published file as the input of another job, and holds it open. */
  hold(path: string, as: PublishedAs): Promise<OpenInput>
  /** Throws NOT_FOUND or OUTPUT_REPLACED unless what was published, file or folder, still is at its path. */
  requireSame(path: string, as: PublishedAs): Promise<void>
  /** The files of a published folder, sorted by path. */
  list(path: string): Promise<{ path: string; bytes: number }[]>
}
