/** Pieces that last exactly as long as is said, so that what comes behind them has a place that is known beforehand. */
import { FfleetError } from '../../contract/index.js'
import { fractionOf } from '../frame-rate.js'
import { seconds } from '../range.js'
import type { PlanInput } from '../types.js'
import { type Piece, rateOf, STILL_RATE } from './clips.js'

/** Whether any runs into the one before it. */
export function isCrossfaded(pieces: readonly Piece[]): boolean {
  return pieces.some(({ crossfadeUs }) => crossfadeUs > 0)
}

/**
 * The same pieces, each as long as a number of frames where all have a picture, at the highest rate among them, so that none loses
 * a frame. Throws `INVALID_REQUEST` where one does not tell how long it is or is shorter than its cross-fades, and `FILTER_NOT_AVAILABLE`.
 */
export function exactly(pieces: readonly Piece[], { filters }: PlanInput['capabilities']): Piece[] {
  const hasPicture = pieces.every(({ video }) => video !== null)
  if (hasPicture && isCrossfaded(pieces) && !filters.has('xfade')) {
    throw new FfleetError('FILTER_NOT_AVAILABLE', 'This ffmpeg has no filter xfade, so no cross-fades; 4.3 has it.', {
      hint: 'Leave crossfadeMs out, or say fadeOutMs of one input and fadeInMs of the next.',
    })
  }
  const cuts = isCrossfaded(pieces)
  const rate = hasPicture && cuts ? Math.max(...pieces.map(fastestOf)) : null
  const whole = (us: number) => (rate === null ? us : (Math.max(1, Math.round((us * rate) / 1e6)) * 1e6) / rate)
  const exact = pieces.map((piece) => {
    const { name, lengthUs, crossfadeUs } = piece
    if (lengthUs === null) {
      throw new FfleetError(
        'INVALID_REQUEST',
        `${name} does not tell how long it is, so nothing behind it has a place.`,
        {
          hint: 'Leave crossfadeMs and chapters of inputs out, or copy the file first, which counts it.',
        },
      )
    }
    return {
      ...piece,
      lengthUs: whole(lengthUs),
      crossfadeUs: crossfadeUs && whole(crossfadeUs),
      exact: { rate, cuts },
    }
  })
  for (const [i, { name, lengthUs, crossfadeUs }] of exact.entries()) {
    const fadingUs = crossfadeUs + (exact[i + 1]?.crossfadeUs ?? 0)
    if (fadingUs <= lengthUs) continue
    const [length, fading] = [lengthUs, fadingUs].map((us) => Math.round(us / 1_000))
    throw new FfleetError('INVALID_REQUEST', `${name} is ${length} ms long, and its cross-fades last ${fading} ms.`, {
      hint: 'Make crossfadeMs shorter, of this input or of the next.',
    })
  }
  return exact
}

function fastestOf(piece: Piece): number {
  return rateOf(piece) ?? (piece.video!.stream.frameRate ?? STILL_RATE) * (piece.clip.speed ?? 1)
}

/** Filters that make a picture so: frames that are missing at its ends are those beside them. */
export function exactPicture({ exact, lengthUs }: Piece): string[] {
  if (exact?.rate == null) return []
  const frames = Math.round((lengthUs! * exact.rate) / 1e6)
  return [
    `fps=${fractionOf(exact.rate)}:start_time=0`,
    ...['tpad=stop_mode=clone:stop=-1', `trim=end_frame=${frames}`, 'settb=AVTB'],
  ]
}

/** Filters that make a sound so; only a cross-fade takes away what there is more than was told. */
export function exactSound({ exact, lengthUs }: Piece, sampleRate: number): string[] {
  if (exact === null) return []
  if (exact.cuts) return ['apad', `atrim=duration=${seconds(lengthUs!)}`]
  return [`apad=whole_len=${Math.round((lengthUs! * sampleRate) / 1e6)}`]
}

/** Where each begins in the whole, in µs. */
export function startsOf(pieces: readonly Piece[]): number[] {
  let endUs = 0
  return pieces.map(({ lengthUs, crossfadeUs }) => {
    const startUs = endUs - crossfadeUs
    endUs = startUs + lengthUs!
    return startUs
  })
}
