/** Matroska, element by element (RFC 9559). */

export function element(id: number, body: Buffer | number | string, claim?: number): Buffer {
  const bytes = typeof body === 'number' ? numberOf(body) : Buffer.from(body as Buffer)
  const size = Buffer.alloc(8)
  size.writeBigUInt64BE((1n << 56n) | BigInt(claim ?? bytes.length))
  const hex = id.toString(16)
  return Buffer.concat([Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex'), size, bytes])
}

function numberOf(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(value))
  return bytes
}

export const ID = {
  ebml: 0x1a45dfa3,
  docType: 0x4282,
  segment: 0x18538067,
  info: 0x1549a966,
  timestampScale: 0x2ad7b1,
  duration: 0x4489,
  nextUid: 0x3eb923,
  tracks: 0x1654ae6b,
  track: 0xae,
  number: 0xd7,
  uid: 0x73c5,
  type: 0x83,
  codec: 0x86,
  audio: 0xe1,
  rate: 0xb5,
  channels: 0x9f,
  bits: 0x6264,
  cluster: 0x1f43b675,
  time: 0xe7,
  simpleBlock: 0xa3,
  seekHead: 0x114d9b74,
  seek: 0x4dbb,
  seekId: 0x53ab,
  seekPosition: 0x53ac,
  attachments: 0x1941a469,
  attached: 0x61a7,
  fileName: 0x466e,
  mediaType: 0x4660,
  fileData: 0x465c,
  fileUid: 0x46ae,
  tags: 0x1254c367,
  tag: 0x7373,
  targets: 0x63c0,
  simpleTag: 0x67c8,
  tagName: 0x45a3,
  tagString: 0x4487,
} as const

export const HEAD = element(ID.ebml, element(ID.docType, 'matroska'))

const float = (value: number) => {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleBE(value)
  return bytes
}

/** 8-bit sound, 8,000 samples a second. */
export const soundTrack = (number = 1) =>
  element(
    ID.track,
    Buffer.concat([
      element(ID.number, number),
      element(ID.uid, number),
      element(ID.type, 2),
      element(ID.codec, 'A_PCM/INT/LIT'),
      element(ID.audio, Buffer.concat([element(ID.rate, float(8_000)), element(ID.channels, 1), element(ID.bits, 8)])),
    ]),
  )

/** Sound that begins at so many milliseconds, and no more than 32 s behind. */
export function cluster(atMs: number, samples = Buffer.alloc(800, 0x80), track = 1): Buffer {
  const block = Buffer.concat([Buffer.from([0x80 | track, 0, 0, 0x80]), samples])
  return element(ID.cluster, Buffer.concat([element(ID.time, atMs), element(ID.simpleBlock, block)]))
}

/** A file of such parts. */
export function matroska(...parts: Buffer[]): Buffer {
  return Buffer.concat([
    HEAD,
    element(ID.segment, Buffer.concat([element(ID.info, element(ID.timestampScale, 1_000_000)), ...parts])),
  ])
}

export const tracks = (...entries: Buffer[]) => element(ID.tracks, Buffer.concat(entries))

/** A second of sound. */
export const aSecond = () => Array.from({ length: 10 }, (_, i) => cluster(i * 100))
