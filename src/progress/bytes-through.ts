/** Where ffmpeg is in the file it reads: bytes from the beginning, and bytes of the whole file. */
export type InputPlace = { bytes: number; sizeBytes: number }

/** What has come out so far; null: unknown. */
type Media = { outTimeUs: number | null; frame: number | null }

/** More of the file than this between two reports, and it is not known what lay there. */
const LONGEST_STEP = 0.25

/**
 * What share of its input has come through one ffmpeg. What it has read is ahead of what it has written, by a buffer of
 * 32 KiB or 256 KiB and by the frames that decoders, filters and lookaheads hold: of a short clip that is all there is.
 * So the bytes that one µs or one frame takes are measured from one advance of the reading place to another, where
 * both buffers are equally full, and what has come out is counted in them; never beyond what has been read.
 */
export class BytesThrough {
  readonly #byTime = new Density()
  readonly #byFrames = new Density()
  #place: InputPlace | null = null
  #inOrder = true
  #gapless = true

  /** Takes in where ffmpeg was at a report, and what had come out by then. */
  read(place: InputPlace, { outTimeUs, frame }: Media): void {
    const { bytes, sizeBytes } = place
    if (!isCount(bytes) || !isCount(sizeBytes) || sizeBytes === 0) return
    // Before anything comes out, it looks about in the file: for an index, or for the last time stamp.
    if (!outTimeUs && !frame) return
    const last = this.#place
    const step = bytes - (last?.bytes ?? 0)
    // Turning back means that streams or indexes lie apart; the place says nothing then.
    if (step < 0) this.#inOrder = false
    if (step > LONGEST_STEP * sizeBytes) this.#gapless = false
    // The last read is seldom of a whole buffer.
    if (last !== null && step > 0 && bytes < sizeBytes) {
      this.#byTime.advanced(bytes, outTimeUs)
      this.#byFrames.advanced(bytes, frame)
    }
    this.#place = place
  }

  /** At most this share, 0 to 1, can have come through; null: unknown. */
  get readFraction(): number | null {
    return this.#inOrder && this.#place !== null ? Math.min(this.#place.bytes / this.#place.sizeBytes, 1) : null
  }

  /** Every part of the file was seen to be read, so that what was read is media and no attachment that was skipped. */
  get isGapless(): boolean {
    return this.#gapless
  }

  /** Share of the file, 0 to 1, that made what has come out; null while that is unknown. */
  fractionAt({ outTimeUs, frame }: Media): number | null {
    const most = this.readFraction
    const bytes = this.#byTime.bytesOf(outTimeUs) ?? this.#byFrames.bytesOf(frame)
    return most === null || bytes === null ? null : Math.min(bytes / this.#place!.sizeBytes, most)
  }
}

/** Bytes of input for each unit of output. */
class Density {
  #from: { bytes: number; amount: number } | null = null
  #bytesPerUnit: number | null = null

  advanced(bytes: number, amount: number | null): void {
    if (!amount) return
    const from = (this.#from ??= { bytes, amount })
    if (amount > from.amount) this.#bytesPerUnit = (bytes - from.bytes) / (amount - from.amount)
  }

  bytesOf(amount: number | null): number | null {
    return amount === null || this.#bytesPerUnit === null ? null : amount * this.#bytesPerUnit
  }
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}
