import type { Probe, ProbeStream } from '../contract/index.js'
import type { StreamPackets } from './packets.js'

/** Header and packets may differ by so much, or by so much of the whole. */
const TOLERANCE_US = 250_000
const TOLERANCE_SHARE = 0.02
/** Of the time of a frame: of times that are rounded, as to milliseconds, none is off by as much. */
const SOON_SHARE = 0.6

/**
 * What the headers said, set right by the packets: how long each stream is, when it begins, whether there is anything of it
 * at all. Matroska's DURATION is an end, a transport stream's is two clock readings, a recorder's is a guess.
 */
export function withPackets(probe: Probe, packets: ReadonlyMap<number, StreamPackets>): Probe {
  const media = probe.streams.filter(isMedia).flatMap(({ index }) => packets.get(index) ?? [])
  const starts = media.flatMap(({ startUs }) => (startUs === null ? [] : [startUs]))
  const originUs = starts.length > 0 ? Math.min(...starts) : 0
  const streams = probe.streams.map((stream) => setRight(stream, packets.get(stream.index), originUs))
  const ends = streams
    .filter(isMedia)
    .flatMap(({ startUs, durationUs }) => (durationUs === null ? [] : [(startUs ?? 0) + durationUs]))
  const durationUs = ends.length > 0 ? Math.max(...ends) : null
  const promisedUs = media.some(({ jumps }) => jumps) ? null : promised(probe.durationUs, durationUs, originUs)
  return { ...probe, streams, durationUs, promisedUs }
}

/** The header's figure, unless it is the length, or the end on a clock that does not begin at 0. */
function promised(headerUs: number | null, lengthUs: number | null, originUs: number): number | null {
  if (headerUs === null || lengthUs === null) return null
  const tolerance = Math.max(TOLERANCE_US, lengthUs * TOLERANCE_SHARE)
  const isMore = headerUs > lengthUs + tolerance && Math.abs(headerUs - originUs - lengthUs) > tolerance
  return isMore ? headerUs : null
}

function setRight(stream: ProbeStream, packets: StreamPackets | undefined, originUs: number): ProbeStream {
  if (stream.attachedPicture) return stream
  if (packets === undefined) return { ...stream, packets: 0, durationUs: null }
  const common = {
    ...stream,
    clockJumps: packets.jumps,
    packets: packets.count,
    startUs: packets.startUs === null ? null : packets.startUs - originUs,
    durationUs: packets.lengthUs,
  }
  if (stream.type !== 'video') return common
  return {
    ...common,
    frames: packets.count,
    // An average over a jump of the clock is none.
    frameRate: packets.jumps && packets.lengthUs !== null ? (packets.count * 1e6) / packets.lengthUs : stream.frameRate,
    constantFrameRate: stream.constantFrameRate && isEven(stream.frameRate, packets),
    presentationTimes: stream.presentationTimes || packets.withoutTime < packets.count / 2,
    lastFrameUs: packets.lastUs,
  }
}

/** As many packets as the rate makes of the length, give or take the ends, and none that comes too soon, as in bursts between gaps. */
function isEven(rate: number | null, { count, lengthUs, leastStepUs, jumps }: StreamPackets): boolean {
  if (jumps || rate === null || lengthUs === null) return !jumps
  const tooSoon = leastStepUs !== null && leastStepUs < (SOON_SHARE * 1e6) / rate
  return Math.abs(count - (lengthUs / 1e6) * rate) < 2 && !tooSoon
}

function isMedia(stream: ProbeStream): boolean {
  return (stream.type === 'video' || stream.type === 'audio') && !stream.attachedPicture
}
