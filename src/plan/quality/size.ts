import { FfleetError, type Preset } from '../../contract/index.js'
import { packetSizes } from '../../probe/packet-list.js'
import type { Selected } from '../select-streams.js'
import { clamp } from './search.js'
import { type Encoding, LEAST_CRF, mapped, type Target } from './target.js'

type Audio = NonNullable<Preset['audio']>

/** What samples let expect may be wrong by so much. */
const ROOM = 0.97
/** What a container writes down of each frame. */
const FRAME_BYTES = 16
/** The same of each second of sound, in bits. */
const SOUND_HEADER_BITS = 4_000
/** Encoders choose this where no bit rate is said. */
const USUAL_BITRATE = 128_000
/** With what exceeds by more than this at the highest crf, there is no hope. */
const HOPE = 1.25

/** `share`: of the film in the samples; `otherBytes`: what is not picture. */
export type Whole = { share: number; otherBytes: number }

/** The lowest crf with which the whole output has not more bytes than it may. Throws `SIZE_NOT_REACHABLE`. */
export function size(maxBytes: number, { share, otherBytes }: Whole, encoding: Encoding): Target {
  const { codec, crf, maxCrf, inputs, files, options } = encoding
  const room = Math.floor(maxBytes * ROOM) - otherBytes
  if (room <= 0) {
    throw unreachable(`${maxBytes} bytes are allowed, and what is beside the picture takes about ${otherBytes}.`)
  }
  const excessOf = (bytes: number) => Math.log(bytes / room)
  // 6 of 51 steps halve it.
  const slope = 6 / maxCrf
  return {
    words: `at most ${maxBytes} bytes`,
    sought: { from: -maxCrf, to: -LEAST_CRF, start: -Math.round(crf), slope },
    crfAt: (place) => -place,
    passes: (at, { figures }) => [
      { args: [...inputs, ...mapped(files), ...options(at), '-f', 'framecrc', figures], cost: 1 },
    ],
    figureIn(text) {
      const sizes = packetSizes(text)
      const bytes = sizes.reduce((sum, each) => sum + each + FRAME_BYTES, 0)
      return Math.max(1, bytes / share)
    },
    excessOf,
    found: (bytes) => ({ ssim: null, expectedBytes: Math.round(bytes + otherBytes) }),
    warningsOf(at, bytes) {
      const expected = Math.round(bytes + otherBytes)
      if (expected <= maxBytes * HOPE) return []
      throw unreachable(
        `At the highest crf of ${codec}, ${at}, it would have about ${expected} bytes; ${maxBytes} are allowed.`,
      )
    },
    crfFor(at, bytes) {
      if (bytes <= maxBytes || at >= maxCrf) return null
      // Where samples were that wrong, a step may bring less than usual.
      const steps = Math.ceil(Math.log(Math.max(1, bytes - otherBytes) / room) / (slope * 0.75))
      return clamp(at + Math.max(1, steps), LEAST_CRF, maxCrf)
    },
    maxBytes,
  }
}

export function unreachable(detail: string): FfleetError {
  return new FfleetError('SIZE_NOT_REACHABLE', detail)
}

/** About what the sound of an output comes to. */
export function soundBytes(audio: Audio | null, streams: readonly Selected[], seconds: number): number {
  const bits = streams.map(({ stream }) => {
    const samples = (audio?.sampleRate ?? stream.sampleRate ?? 48_000) * (audio?.channels ?? stream.channels ?? 2)
    const unpacked = audio?.codec === 'pcm' ? samples * 24 : samples * 12
    const rate = audio?.bitrate ?? (audio?.codec === 'pcm' || audio?.codec === 'flac' ? unpacked : USUAL_BITRATE)
    return (rate + SOUND_HEADER_BITS) * seconds
  })
  return Math.ceil(bits.reduce((sum, each) => sum + each, 0) / 8)
}
