import type { Part } from './cuts.js'

/** What makes an output in parts; `why`: it can't be, a clause for behind "because". */
export type Pieces =
  | { why: string }
  | {
      /** Options of the picture of one part, its filters among them, to the encoder's last one. */
      picture(part: Part): string[]
      /** Options of all else, and the place of the output. */
      rest: string[]
    }

/** An output in parts. */
export type Split = { parts: Part[]; pieces: Exclude<Pieces, { why: string }> }
