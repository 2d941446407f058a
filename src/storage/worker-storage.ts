/** What a worker asks of the store, wherever the files of its fleet are. */
import type { OpenInput } from './inputs.js'
import type { OutputStore, PublishedAs } from './output-store.js'
import type { PartStore } from './parts.js'
import type { ReportWriter } from './reports/store.js'
import type { Roots } from './roots.js'
import type { ScratchStore } from './scratch.js'

/** Inputs that this host sees, which need not go through the spool. */
export type SeenInputs = {
  /** Of the media root, see `openInput`; null: that is a bucket, and its objects come through the spool. */
  open: ((uri: string) => Promise<OpenInput>) | null
  openUpload(id: string): Promise<OpenInput>
  /** What another job delivered; see `OutputStore.hold`. */
  openOutput(path: string, as: PublishedAs): Promise<OpenInput>
  /** Whether the media root is there with anything in it: an unmounted disk leaves an empty folder, or none. */
  hasAny(): Promise<boolean>
}

export type WorkerStorage = {
  /** Null: it sees none, and all come through the spool. */
  inputs: SeenInputs | null
  outputs: Omit<OutputStore, 'resolve' | 'open' | 'hold' | 'requireSame' | 'list'>
  scratch: ScratchStore
  parts: PartStore
  reports: ReportWriter
  roots: Pick<Roots, 'ids' | 'holdsMedia'>
}
