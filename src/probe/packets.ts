import { clocksStartAnew, JUMP_S, WILD_S } from './clock.js'

/** What the packets of a stream say of it, all of them seen. Times in µs. */
export type StreamPackets = {
  count: number
  /** Packets that do not say when they are shown. */
  withoutTime: number
  /** Of the first packet that is shown; null where packets carry no times, as in a raw stream. */
  startUs: number | null
  /** From the first to the end of the last one, jumps of the clock left out; null where nothing tells how long they last. */
  lengthUs: number | null
  /** How long the one stands that is shown last. */
  lastUs: number | null
  /** The least from one to the next in the order of the file; null where no two differ. */
  leastStepUs: number | null
  /** The clock was set anew on the way. */
  jumps: boolean
}

type Running = {
  count: number
  withoutTime: number
  jumps: boolean
  firstUs: number | null
  /** Taken off the clock's times, so that they go on over a jump. */
  shiftUs: number
  clockUs: number | null
  leastStepUs: number | null
  nextUs: number | null
  latestUs: number
  endUs: number
  lastUs: number | null
  durationsUs: number
}

const JUMP_US = JUMP_S * 1e6
const WILD_US = WILD_S * 1e6

/**
 * Counts the packets that ffprobe lists as `stream_index,pts_time,dts_time,duration_time`, in the order of the file. Reads
 * any text; what is no packet is passed over.
 */
export class PacketCount {
  readonly #streams = new Map<number, Running>()
  readonly #jumpUs: number

  constructor(container: string) {
    this.#jumpUs = clocksStartAnew(container) ? JUMP_US : WILD_US
  }

  line(text: string): void {
    const [index, pts, dts, duration] = text.split(',')
    if (!/^\d+$/.test(index ?? '')) return
    this.#add(Number(index), micros(pts), micros(dts), micros(duration) ?? 0)
  }

  #add(index: number, ptsUs: number | null, dtsUs: number | null, durationUs: number): void {
    const stream = this.#streams.get(index) ?? begin()
    this.#streams.set(index, stream)
    stream.count += 1
    if (ptsUs === null) stream.withoutTime += 1
    stream.durationsUs += durationUs
    // One that says it lasts until after a jump is the last before it.
    const lastsUs = durationUs > this.#jumpUs ? 0 : durationUs
    const clockUs = dtsUs ?? ptsUs
    if (clockUs === null) return
    const offUs = stream.nextUs === null ? 0 : clockUs - stream.shiftUs - stream.nextUs
    if (offUs > this.#jumpUs || offUs < -JUMP_US) {
      stream.shiftUs += offUs
      stream.jumps = true
    }
    const stepUs = stream.clockUs === null ? 0 : clockUs - stream.clockUs
    if (stepUs > 0) stream.leastStepUs = Math.min(stream.leastStepUs ?? stepUs, stepUs)
    stream.clockUs = clockUs
    stream.nextUs = clockUs - stream.shiftUs + lastsUs
    const shownUs = (ptsUs ?? clockUs) - stream.shiftUs
    // A single packet may be far off where its neighbours are not: then it, too, is a jump.
    if (Math.abs(shownUs - stream.nextUs) > this.#jumpUs) {
      stream.jumps = true
      return
    }
    stream.firstUs = Math.min(stream.firstUs ?? shownUs, shownUs)
    stream.endUs = Math.max(stream.endUs, shownUs + lastsUs)
    if (shownUs < stream.latestUs) return
    stream.latestUs = shownUs
    stream.lastUs = lastsUs > 0 ? lastsUs : null
  }

  /** By the stream's number; a stream without packets is not in it. */
  end(): Map<number, StreamPackets> {
    return new Map([...this.#streams].map(([index, stream]) => [index, summary(stream)]))
  }
}

function begin(): Running {
  return {
    count: 0,
    withoutTime: 0,
    jumps: false,
    firstUs: null,
    shiftUs: 0,
    clockUs: null,
    leastStepUs: null,
    nextUs: null,
    latestUs: Number.NEGATIVE_INFINITY,
    endUs: Number.NEGATIVE_INFINITY,
    lastUs: null,
    durationsUs: 0,
  }
}

function summary({ firstUs, endUs, durationsUs, ...stream }: Running): StreamPackets {
  const { count, withoutTime, lastUs, leastStepUs, jumps } = stream
  const lengthUs = firstUs === null ? durationsUs : endUs - firstUs
  const common = { count, withoutTime, lastUs, leastStepUs, jumps }
  return { ...common, startUs: firstUs, lengthUs: lengthUs > 0 ? Math.round(lengthUs) : null }
}

/** Seconds as text, in µs; null for `N/A` and anything else. */
function micros(text: string | undefined): number | null {
  const seconds = text === undefined || text === '' ? Number.NaN : Number(text)
  return Number.isFinite(seconds) ? Math.round(seconds * 1e6) : null
}
