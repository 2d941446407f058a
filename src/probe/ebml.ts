/** Elements of Matroska and WebM (RFC 8794, RFC 9559), read where they stand in a file. */
import { readSync } from 'node:fs'

/** More elements than this are not looked at. */
const MAX_STEPS = 4096

export const EBML = {
  header: 0x1a45dfa3,
  segment: 0x18538067,
  seekHead: 0x114d9b74,
  seek: 0x4dbb,
  seekId: 0x53ab,
  seekPosition: 0x53ac,
  info: 0x1549a966,
  timestampScale: 0x2ad7b1,
  duration: 0x4489,
  tracks: 0x1654ae6b,
  track: 0xae,
  cues: 0x1c53bb6b,
  cluster: 0x1f43b675,
  attachments: 0x1941a469,
  attachedFile: 0x61a7,
  fileData: 0x465c,
} as const

/** What is between a head and the next element. */
export type Element = { id: number; from: number; to: number }

export function readAt(file: number, at: number, length: number): Uint8Array {
  const data = new Uint8Array(length)
  return data.subarray(0, readSync(file, data, 0, length, at))
}

export function unsigned(file: number, { from, to }: Element): number {
  return readAt(file, from, Math.min(8, to - from)).reduce((value, byte) => value * 256 + byte, 0)
}

/** The elements that begin in a part of a file, one behind the other, as far as they can be told. */
export function* elements(file: number, from: number, to: number): Generator<Element> {
  let at = from
  for (let steps = 0; at + 2 <= to && steps < MAX_STEPS; steps++) {
    const head = readAt(file, at, 12)
    const id = vint(head, 0, true)
    const size = id && vint(head, id.length, false)
    if (!id || !size) return
    const body = at + id.length + size.length
    const end = size.unknown ? to : Math.min(to, body + size.value)
    yield { id: id.value, from: body, to: end }
    at = end
  }
}

/** A number of EBML, whose first set bit tells its length; ids keep that bit. */
function vint(data: Uint8Array, at: number, keepMark: boolean) {
  const first = data[at]
  if (first === undefined || first === 0) return null
  const length = Math.clz32(first) - 23
  if (at + length > data.length) return null
  let value = keepMark ? first : first & ((1 << (8 - length)) - 1)
  let unknown = value === (1 << (8 - length)) - 1
  for (let i = 1; i < length; i++) {
    value = value * 256 + data[at + i]!
    unknown &&= data[at + i] === 0xff
  }
  return { value, length, unknown }
}
