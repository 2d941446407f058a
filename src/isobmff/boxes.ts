/** Boxes of ISO base media files (ISO/IEC 14496-12 §4.2), as far as one track in fragments needs them. */

/** Something that calls itself an MP4 and is none. */
export class MalformedError extends Error {
  override readonly name = 'MalformedError'
}

export type Box = {
  /** Four characters. */
  type: string
  /** What is behind its head. */
  body: Buffer
}

/** Of size and type; with a size of eight bytes (size 1), 16. */
export const HEAD_BYTES = 8
export const LONG_HEAD_BYTES = 16

/**
 * What the head of a box says; null: `head` ends before that is told. `bytes` 0: to the end of the file.
 *
 * @throws MalformedError for a box that is smaller than its head.
 */
export function boxHead(head: Buffer): { type: string; headBytes: number; bytes: number } | null {
  if (head.length < HEAD_BYTES) return null
  const size = head.readUInt32BE(0)
  const type = head.toString('latin1', 4, 8)
  if (size === 1 && head.length < LONG_HEAD_BYTES) return null
  const headBytes = size === 1 ? LONG_HEAD_BYTES : HEAD_BYTES
  const bytes = size === 1 ? Number(head.readBigUInt64BE(8)) : size
  if (bytes !== 0 && bytes < headBytes) throw new MalformedError(`A box ${type} of ${bytes} bytes.`)
  return { type, headBytes, bytes }
}

/** The boxes that `body` consists of, one behind the other. @throws MalformedError */
export function boxesIn(body: Buffer): Box[] {
  const boxes: Box[] = []
  for (let at = 0; at < body.length; ) {
    const head = boxHead(body.subarray(at, at + LONG_HEAD_BYTES))
    const end = head === null ? Number.POSITIVE_INFINITY : head.bytes === 0 ? body.length : at + head.bytes
    if (head === null || end > body.length) throw new MalformedError('A box ends behind the one that it is in.')
    boxes.push({ type: head.type, body: body.subarray(at + head.headBytes, end) })
    at = end
  }
  return boxes
}

/** The only box at a path of types, such as `moov`, `trak`; the first where there are more. @throws MalformedError */
export function boxAt(body: Buffer, ...path: readonly string[]): Buffer {
  let inside = body
  for (const type of path) {
    const found = boxesIn(inside).find((box) => box.type === type)
    if (found === undefined) throw new MalformedError(`No box ${path.join('/')}.`)
    inside = found.body
  }
  return inside
}

/** A box of these parts. */
export function box(type: string, ...parts: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(HEAD_BYTES)
  head.writeUInt32BE(HEAD_BYTES + parts.reduce((sum, { length }) => sum + length, 0), 0)
  head.write(type, 4, 'latin1')
  return Buffer.concat([head, ...parts])
}

/** One with a version and flags (§4.2.2), and whole numbers of 32 bits each behind them. */
export function fullBox(type: string, version: number, flags: number, ...words: readonly number[]): Buffer {
  const body = Buffer.alloc(4 * (1 + words.length))
  body.writeUInt32BE(((version << 24) | flags) >>> 0, 0)
  for (const [i, word] of words.entries()) body.writeUInt32BE(word >>> 0, 4 * (i + 1))
  return box(type, body)
}
