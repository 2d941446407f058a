/** What the front of a file tells of all of it, while the rest is still on its way. */
import type { Probe } from '../contract/index.js'
import { EBML, type Element, elements, readAt, unsigned } from './ebml.js'
import { SNIFF_BYTES, sniff } from './formats.js'

/**
 * `no`: it has to be whole before it can be known. `more`: that shows when so many bytes are here. `ready`: that many tell what the streams are, and a
 * reader that goes on from there to the end needs nothing that lies elsewhere.
 */
export type Front =
  | { kind: 'no' }
  | { kind: 'more'; bytes: number }
  | {
      kind: 'ready'
      bytes: number
      /** So many at its end tell how long it is; 0: the header does. */
      endBytes: number
      /** What the header says; null: nothing. */
      durationUs: number | null
      /** The header says of each packet where and when it is. */
      isIndexed: boolean
    }

/** As far as ffmpeg looks behind a header for what its streams are (`-probesize`). */
const LOOK_BYTES = 5_000_000
/** The index of a film of many hours takes less. */
const MOST_BYTES = 64 * 1024 ** 2
/** ffmpeg reads 250 kB of a transport stream's end, and twice as much where there is a stream of which that has nothing. */
const END_BYTES = 1_000_000
const NO: Front = { kind: 'no' }

/** By what is here of the file: its first `here` bytes, of `bytes`. */
export function readFront(file: number, here: number, bytes: number): Front {
  if (here < SNIFF_BYTES) return more(SNIFF_BYTES, bytes)
  const head = readAt(file, 0, SNIFF_BYTES)
  const sniffed = sniff(head)
  if (sniffed.kind === 'isobmff' && sniffed.picture === null) return isobmffFront(file, here, bytes)
  if (isTransport(head)) return transportFront(bytes)
  return Buffer.from(head).readUInt32BE(0) === EBML.header ? matroskaFront(file, here, bytes) : NO
}

/** Packets of 188 bytes that begin with 0x47, or of 192 with a time in front (M2TS). */
function isTransport(head: Uint8Array): boolean {
  const isAt = (from: number, step: number) => [0, 1, 2, 3, 4].every((i) => head[from + i * step] === 0x47)
  return isAt(0, 188) || isAt(4, 192)
}

function transportFront(bytes: number): Front {
  const isLarge = LOOK_BYTES + END_BYTES < bytes
  return isLarge ? { kind: 'ready', bytes: LOOK_BYTES, endBytes: END_BYTES, durationUs: null, isIndexed: false } : NO
}

function more(wanted: number, bytes: number): Front {
  return wanted > Math.min(MOST_BYTES, bytes) ? NO : { kind: 'more', bytes: wanted }
}

function ready(mediaFrom: number, bytes: number, about: { durationUs: number | null; isIndexed: boolean }): Front {
  const { durationUs, isIndexed } = about
  const looked = mediaFrom + LOOK_BYTES
  if (durationUs === null || looked >= bytes) return NO
  return { kind: 'ready', bytes: looked, endBytes: 0, durationUs, isIndexed }
}

type Box = { type: string; from: number; to: number }

/** The index, then the media, and nothing behind it: no fragments, of which nobody knows how many there are. */
function isobmffFront(file: number, here: number, bytes: number): Front {
  let index: Box | null = null
  let at = 0
  while (at + LONGEST_HEAD <= here) {
    const box = boxAt(file, at, bytes)
    if (box === null || box.type === 'moof') return NO
    if (box.type === 'mdat') {
      if (index === null || box.to < bytes) return NO
      return ready(box.from, bytes, { durationUs: movieDurationUs(file, index), isIndexed: true })
    }
    if (box.type === 'moov') {
      if (box.to > here) return more(box.to, bytes)
      if (readsElsewhere(file, box)) return NO
      index = box
    }
    at = box.to
  }
  return more(at + LONGEST_HEAD, bytes)
}

const LONGEST_HEAD = 16

function boxAt(file: number, at: number, end: number): Box | null {
  const head = Buffer.from(readAt(file, at, LONGEST_HEAD))
  if (head.length < LONGEST_HEAD) return null
  const [short, type] = [head.readUInt32BE(0), head.toString('latin1', 4, 8)]
  const from = at + (short === 1 ? 16 : 8)
  const to = short === 0 ? end : at + (short === 1 ? Number(head.readBigUInt64BE(8)) : short)
  return to < from ? null : { type, from, to }
}

function* boxesIn(file: number, { from, to }: Box): Generator<Box> {
  for (let at = from; at < to; ) {
    const box = boxAt(file, at, to)
    if (box === null) return
    yield box
    at = box.to
  }
}

/** Fragments, and tracks that are about others, such as chapters and time codes: ffmpeg reads those first, wherever they lie. */
function readsElsewhere(file: number, moov: Box): boolean {
  return [...boxesIn(file, moov)].some(
    (box) =>
      box.type === 'mvex' || (box.type === 'trak' && [...boxesIn(file, box)].some(({ type }) => type === 'tref')),
  )
}

function movieDurationUs(file: number, moov: Box): number | null {
  const header = [...boxesIn(file, moov)].find(({ type }) => type === 'mvhd')
  const body = Buffer.from(header === undefined ? [] : readAt(file, header.from, 32))
  if (body.length < 32) return null
  const isLong = body.readUInt8(0) === 1
  const timescale = body.readUInt32BE(isLong ? 20 : 12)
  const duration = isLong ? Number(body.readBigUInt64BE(24)) : body.readUInt32BE(16)
  return inUs((duration / timescale) * 1e6)
}

/** All but the list of places to seek to lies in front of the media. */
function matroskaFront(file: number, here: number, bytes: number): Front {
  const segment = [...elements(file, 0, bytes)].find(({ id }) => id === EBML.segment)
  if (segment === undefined) return NO
  const parts: Element[] = []
  for (const part of elements(file, segment.from, segment.to)) {
    if (part.from > here) break
    if (part.id === EBML.cluster) {
      if (parts.some((each) => each.id === EBML.seekHead && leadsBehind(file, each, part.from - segment.from)))
        return NO
      return ready(part.from, bytes, { durationUs: segmentDurationUs(file, parts), isIndexed: false })
    }
    if (part.to > here) return more(part.to, bytes)
    parts.push(part)
  }
  return more(here + 1, bytes)
}

/** Whether tags, chapters or the like are listed behind the first of the media. */
function leadsBehind(file: number, { from, to }: Element, media: number): boolean {
  return [...elements(file, from, to)].some((seek) => {
    const fields = [...elements(file, seek.from, seek.to)]
    const numberOf = (id: number) => fields.filter((field) => field.id === id).map((field) => unsigned(file, field))[0]
    const wanted = numberOf(EBML.seekId)
    return wanted !== undefined && !SOUGHT_BEHIND.has(wanted) && (numberOf(EBML.seekPosition) ?? 0) >= media
  })
}

/** Also the first cluster itself, which some list. */
const SOUGHT_BEHIND: ReadonlySet<number> = new Set([EBML.cues, EBML.cluster])

function segmentDurationUs(file: number, parts: readonly Element[]): number | null {
  const info = parts.find(({ id }) => id === EBML.info)
  const fields = info === undefined ? [] : [...elements(file, info.from, info.to)]
  const scale = fields.find(({ id }) => id === EBML.timestampScale)
  const duration = fields.find(({ id }) => id === EBML.duration)
  if (duration === undefined) return null
  const value = Buffer.from(readAt(file, duration.from, duration.to - duration.from))
  const ticks = value.length === 8 ? value.readDoubleBE(0) : value.length === 4 ? value.readFloatBE(0) : 0
  return inUs((ticks * (scale === undefined ? 1e6 : unsigned(file, scale))) / 1e3)
}

function inUs(us: number): number | null {
  const whole = Math.round(us)
  return whole > 0 && Number.isSafeInteger(whole) ? whole : null
}

/**
 * The facts of the whole file by the probe of its front: as long as the header says. Null where the packets that are not here yet may say
 * something else of how it is to be encoded.
 */
export function factsByFront(probe: Probe, front: Extract<Front, { kind: 'ready' }>, bytes: number): Probe | null {
  if (front.isIndexed) return { ...probe, bytes }
  const isSteady = probe.streams.every(
    ({ type, attachedPicture, constantFrameRate }) => type !== 'video' || attachedPicture || constantFrameRate,
  )
  if (!isSteady) return null
  // Where the packets end at the hole, the end is what the headers promise beyond it.
  const isByEnd = front.endBytes > 0
  const durationUs = isByEnd ? probe.promisedUs : front.durationUs
  if (durationUs === null || (!isByEnd && probe.by !== 'mediabunny')) return null
  return {
    ...probe,
    ...{ bytes, durationUs, promisedUs: null, bitrate: null },
    streams: probe.streams.map((stream) => ({
      ...stream,
      durationUs: stream.durationUs === null ? null : Math.max(0, durationUs - (stream.startUs ?? 0)),
      ...{ packets: null, frames: null },
    })),
  }
}
