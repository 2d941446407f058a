import { readSync } from 'node:fs'

/** More boxes than this have only fragmented files, whose header is at the beginning. */
const MAX_BOXES = 64

/**
 * Whether an MP4 ends inside one of its boxes before its media is described (ISO/IEC 14496-12 §4.2: size, type, and for
 * size 1 a size of eight bytes; size 0 goes to the end of the file). ffprobe says nothing of an index that is cut off.
 */
export function endsInsideBox(file: number, bytes: number): boolean {
  const head = new DataView(new ArrayBuffer(16))
  let at = 0
  for (let i = 0; i < MAX_BOXES && at < bytes; i++) {
    const bytesRead = readSync(file, head, 0, 16, at)
    if (bytesRead < 8) return true
    const size = head.getUint32(0)
    if (size === 0) return false
    if (size === 1 && bytesRead < 16) return true
    at += size === 1 ? Number(head.getBigUint64(8)) : Math.max(8, size)
  }
  return at > bytes
}
