import { EBML, type Element, elements, readAt, unsigned } from './ebml.js'

/**
 * Which streams of a file are locked with a key. ffmpeg does not tell: it hands the locked bytes to the decoder, which calls
 * them damaged, and copies them into files that nobody can play.
 */
export type Locks = 'all' | ReadonlySet<number>
/** `tracks` and `attachments`: how many the container declares, and the bytes of each; null where it was not asked. */
export type Declared = {
  locks: Locks
  tracks: number | null
  attachments: number[] | null
}

export const NONE_DECLARED: Declared = { locks: new Set(), tracks: null, attachments: null }
const ALL: Declared = { ...NONE_DECLARED, locks: 'all' }
const MIB = 1024 * 1024
/** More boxes than this are not looked at. */
const MAX_STEPS = 4096

/** What a container declares of its tracks, in its own words. `head` are the first bytes of the file. Streams are numbered as ffmpeg does. */
export function readDeclared(file: number, bytes: number, head: Uint8Array): Declared {
  const start = new DataView(head.buffer, head.byteOffset, head.byteLength)
  if (head.length >= 12 && /^(ftyp|moov|styp|free|wide|mdat)$/.test(ascii(head, 4, 8)))
    return isobmffTracks(file, bytes)
  if (head.length >= 4 && start.getUint32(0) === EBML.header) return matroskaTracks(file, bytes)
  if (head[0] === 0x47 && head[188] === 0x47 && head[376] === 0x47) return transportTracks(file, bytes)
  if (head.length >= 16 && start.getUint32(0) === 0x3026b275) return asfTracks(file, bytes)
  return NONE_DECLARED
}

function ascii(data: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...data.subarray(from, to))
}

/** Sample entries that stand in for the real ones: Common Encryption (ISO/IEC 23001-7), and Apple's own. */
const LOCKED_ENTRIES = new Set(['encv', 'enca', 'enct', 'encs', 'drmi', 'drms'])
const HOLDS_BOXES = new Set(['moov', 'trak', 'mdia', 'minf', 'stbl'])

/** `moov/trak/mdia/minf/stbl/stsd`, whose first entry names what the samples are. */
function isobmffTracks(file: number, bytes: number): Declared {
  const locked = new Set<number>()
  let track = -1
  let steps = 0
  const walk = (from: number, to: number) => {
    for (let at = from; at + 8 <= to && steps < MAX_STEPS; steps++) {
      const head = readAt(file, at, 16)
      if (head.length < 8) return
      const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
      const name = ascii(head, 4, 8)
      const isLong = view.getUint32(0) === 1 && head.length === 16
      const size = view.getUint32(0) === 0 ? to - at : isLong ? Number(view.getBigUint64(8)) : view.getUint32(0)
      if (size < 8) return
      if (name === 'trak') track += 1
      if (HOLDS_BOXES.has(name)) walk(at + (isLong ? 16 : 8), Math.min(to, at + size))
      // Version and count are before the first entry, whose own size is before its name.
      if (name === 'stsd' && LOCKED_ENTRIES.has(ascii(readAt(file, at + 20, 4), 0, 4))) locked.add(track)
      at += size
    }
  }
  walk(0, bytes)
  return { ...NONE_DECLARED, locks: locked, tracks: track < 0 ? null : track + 1 }
}

/** ContentEncodings, ContentEncoding, ContentEncryption (RFC 9559 §5.1.4.1.31). */
const ENCRYPTION_PATH = [0x6d80, 0x6240, 0x5035]

/** `Segment/Tracks/TrackEntry`, in the order of the entries, and `Segment/Attachments/AttachedFile`. */
function matroskaTracks(file: number, bytes: number): Declared {
  const segment = [...elements(file, 0, bytes)].find(({ id }) => id === EBML.segment)
  if (segment === undefined) return NONE_DECLARED
  const parts = partsOf(file, segment)
  const childrenOf = (id: number, child: number) =>
    parts
      .filter((part) => part.id === id)
      .flatMap((part) => [...elements(file, part.from, part.to)])
      .filter((each) => each.id === child)
  const tracks = childrenOf(EBML.tracks, EBML.track)
  const locked = [...tracks.keys()].filter((index) => holdsPath(file, tracks[index]!, ENCRYPTION_PATH))
  const attached = childrenOf(EBML.attachments, EBML.attachedFile)
  const bytesOf = ({ from, to }: Element) =>
    [...elements(file, from, to)]
      .filter(({ id }) => id === EBML.fileData)
      .reduce((sum, data) => sum + data.to - data.from, 0)
  return {
    locks: new Set(locked),
    tracks: parts.some(({ id }) => id === EBML.tracks) ? tracks.length : null,
    attachments: attached.map(bytesOf),
  }
}

/** The parts of a segment up to its media, and the ones that its index says are behind that. */
function partsOf(file: number, segment: Element): Element[] {
  const parts: Element[] = []
  for (const part of elements(file, segment.from, segment.to)) {
    if (part.id === EBML.cluster) break
    parts.push(part)
  }
  const seeks = parts
    .filter(({ id }) => id === EBML.seekHead)
    .flatMap(({ from, to }) => [...elements(file, from, to)])
    .filter(({ id }) => id === EBML.seek)
  for (const { from, to } of seeks) {
    const fields = [...elements(file, from, to)]
    const numberOf = (id: number) => fields.filter((field) => field.id === id).map((field) => unsigned(file, field))[0]
    if (numberOf(EBML.seekId) !== EBML.attachments) continue
    const [part] = elements(file, segment.from + (numberOf(EBML.seekPosition) ?? 0), segment.to)
    if (part?.id === EBML.attachments && !parts.some((each) => each.from === part.from)) parts.push(part)
  }
  return parts
}

function holdsPath(file: number, within: Element, [id, ...rest]: readonly number[]): boolean {
  if (id === undefined) return true
  return [...elements(file, within.from, within.to)].some((each) => each.id === id && holdsPath(file, each, rest))
}

const TS_PACKET = 188
const TS_SAMPLE_BYTES = 2 * MIB

/** Packets say of themselves that they are scrambled (ISO/IEC 13818-1 §2.4.3.3); where most are, nothing is to be seen. */
function transportTracks(file: number, bytes: number): Declared {
  const data = readAt(file, 0, Math.min(bytes, TS_SAMPLE_BYTES))
  let withPayload = 0
  let scrambled = 0
  for (let at = 0; at + TS_PACKET <= data.length && data[at] === 0x47; at += TS_PACKET) {
    const pid = ((data[at + 1]! & 0x1f) << 8) | data[at + 2]!
    if (pid === 0x1fff || (data[at + 3]! & 0x10) === 0) continue
    withPayload += 1
    if ((data[at + 3]! & 0xc0) !== 0) scrambled += 1
  }
  return withPayload > 0 && scrambled > withPayload / 2 ? ALL : NONE_DECLARED
}

/** The Content Encryption Object and the extended one (ASF specification §3.14, §3.15), in the header's bytes. */
const ASF_ENCRYPTION = ['fbb3112223bdd211b4b700a0c955fc6e', '14e68a292226174cb935dae07ee9289c']

function asfTracks(file: number, bytes: number): Declared {
  const header = Buffer.from(readAt(file, 0, Math.min(bytes, 64 * 1024)))
  return ASF_ENCRYPTION.some((guid) => header.includes(Buffer.from(guid, 'hex'))) ? ALL : NONE_DECLARED
}
