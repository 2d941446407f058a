import type { BoundedFile } from './bounded-source.js'

/**
 * How many streams an Ogg file begins with: its pages that carry the flag "first page of a stream" (RFC 3533 §6) stand
 * in front of all others. mediabunny names Vorbis and Opus and passes over the rest, such as Theora.
 */
export function countOggStreams(file: BoundedFile): number {
  let at = 0
  for (let count = 0; ; count++) {
    if (count === 64 || at + 27 > file.bytes) return count
    const head = file.read(at, Math.min(at + 27 + 255, file.bytes))
    const isFirstPage =
      head[0] === 0x4f && head[1] === 0x67 && head[2] === 0x67 && head[3] === 0x53 && (head[5]! & 2) === 2
    if (!isFirstPage) return count
    const segments = head[26]!
    at += 27 + segments + head.subarray(27, 27 + segments).reduce((sum, size) => sum + size, 0)
  }
}
