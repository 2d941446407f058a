import type { PassReport } from '../../contract/index.js'

/** A part of a film that is to be encoded, as whoever makes it is told. */
export type OfferedPart = {
  /** By all that its bytes rest on: where they come to another name, another file would be made. */
  name: string
  /** The job whose input it is made of. */
  jobId: string
  /** Of the job: 0 to 100, higher first. */
  priority: number
  /** What the pass is called, and what ffmpeg is told. */
  label: string
  args: readonly string[]
  /** When its pictures are shown, in µs; `isExact`: one of the input becomes one of the part. */
  times: readonly number[]
  isExact: boolean
  /** In how many files. */
  tracks: number
}

/** Who made a part, and how; `pass` null: it was kept already. */
export type MadePart = { worker: string; host: string; pass: PassReport | null }
