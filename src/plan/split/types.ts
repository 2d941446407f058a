import type { FrameList } from '../../probe/frame-list.js'
import type { Part } from './cuts.js'

/** What makes an output in parts; `why`: it can't be, a clause for behind "because". */
export type Pieces =
  | { why: string }
  | {
      /** The picture of a film, or every one that a ladder has of it: a file of each part, all by one decoding. */
      tracks: readonly PartTrack[]
      /** Places in the list of pictures, the first one's among them, at which a part may begin; left out: anywhere. */
      begins?(frames: FrameList): readonly number[]
      /** ffmpeg's arguments that make all else of the output when its parts are joined; null: there is nothing else. */
      rest(): string[] | null
    }

export type PartTrack = {
  /** Options of the picture of one part: its filters, the encoder's, and how the file is written. */
  options(part: Part): string[]
  /** What its parts are joined into, in the attempt folder. */
  into: string
}

/** An output in parts. */
export type Split = { parts: Part[]; pieces: Exclude<Pieces, { why: string }> }
