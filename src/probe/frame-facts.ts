import { EncodedPacketSink, type InputVideoTrack } from 'mediabunny'
import { ByteLimitError } from './bounded-source.js'
import { WILD_S } from './clock.js'

/** What the packets of a video track tell. `frames` is null when they were not read to the end. */
export type FrameFacts = {
  frames: number | null
  frameRate: number | null
  constantFrameRate: boolean
}
/** `lastFrameUs`: how long the last one stands; null when it was not reached. */
export type TrackFrames = FrameFacts & { lastFrameUs: number | null; clockJumps: boolean }

const COMMON_RATES = [
  24_000 / 1001,
  24,
  25,
  30_000 / 1001,
  30,
  48,
  50,
  60_000 / 1001,
  60,
  90,
  100,
  120,
  15,
  12,
  10,
  5,
  1,
]

/**
 * Reads the times of a track's packets, without their data, until `deadlineMs` (of `performance.now()`) or the end of
 * the allowed bytes; the first few hundred are enough for a frame rate. Rejects as reading the file does.
 */
export async function readFrameFacts(track: InputVideoTrack, deadlineMs: number): Promise<TrackFrames> {
  const times: number[] = []
  let lastDuration = 0
  let whole = true
  let latest = Number.NEGATIVE_INFINITY
  try {
    for await (const packet of new EncodedPacketSink(track).packets(undefined, undefined, { metadataOnly: true })) {
      if (times.length >= 256 && times.length % 64 === 0 && performance.now() > deadlineMs) {
        whole = false
        break
      }
      times.push(packet.timestamp)
      if (packet.timestamp <= latest) continue
      latest = packet.timestamp
      lastDuration = packet.duration
    }
  } catch (error) {
    if (!(error instanceof ByteLimitError)) throw error
    whole = false
  }
  const facts = frameFacts(times, lastDuration, await track.getTimeResolution())
  const clockJumps = hasJump(times)
  if (!whole) return { ...facts, frames: null, constantFrameRate: false, lastFrameUs: null, clockJumps }
  return { ...facts, lastFrameUs: lastDuration > 0 ? Math.round(lastDuration * 1e6) : null, clockJumps }
}

function hasJump(unsorted: readonly number[]): boolean {
  const times = Float64Array.from(unsorted).sort()
  return times.some((time, i) => i > 0 && time - times[i - 1]! > WILD_S)
}

/**
 * From the times of frames in seconds, in any order. The rate is constant when every frame lies on one even grid, give
 * or take the rounding of the container (Matroska counts milliseconds), and the last one is no longer than the others.
 */
export function frameFacts(unsorted: readonly number[], lastDuration: number, ticksPerSecond: number): FrameFacts {
  const frames = unsorted.length
  if (frames < 2) return { frames, frameRate: null, constantFrameRate: false }
  const times = Float64Array.from(unsorted).sort()
  const span = times[frames - 1]! - times[0]!
  if (!(span > 0)) return { frames, frameRate: null, constantFrameRate: false }
  const tick = 1 / ticksPerSecond
  const measured = (frames - 1) / span
  const common = COMMON_RATES.find((rate) => Math.abs((frames - 1) / rate - span) <= Math.max(tick, 1e-6))
  const frameRate = common ?? measured
  const even = times.every((time, i) => Math.abs(time - times[0]! - i / frameRate) <= Math.max(1.01 * tick, 1e-4))
  return { frames, frameRate, constantFrameRate: even && lastDuration < 1.5 / frameRate + tick }
}
