/** Pictures whose headers claim what they like. */
import { crc32, deflateSync } from 'node:zlib'
import { chunk } from './riff.js'

function pngChunk(name: string, body: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(name, 'latin1'), body])
  const [size, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
  size.writeUInt32BE(body.length)
  sum.writeUInt32BE(crc32(named))
  return Buffer.concat([size, named, sum])
}

/** Black and white, all black, and really there: packed it takes next to nothing. */
export function png(
  width: number,
  height: number,
  data = deflateSync(Buffer.alloc(height * (1 + Math.ceil(width / 8)))),
): Buffer {
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head[8] = 1
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Buffer.concat([signature, pngChunk('IHDR', head), pngChunk('IDAT', data), pngChunk('IEND', Buffer.alloc(0))])
}

/** A JPEG of these sides, from a real one: only its header says so. */
export function resizeJpeg(jpeg: Buffer, width: number, height: number): Buffer {
  const patched = Buffer.from(jpeg)
  const at = patched.findIndex((byte, i) => byte === 0xff && (patched[i + 1]! & 0xfe) === 0xc0)
  patched.writeUInt16BE(height, at + 5)
  patched.writeUInt16BE(width, at + 7)
  return patched
}

export function gif(width: number, height: number): Buffer {
  const head = Buffer.from('GIF89a\0\0\0\0\x80\0\0\0\0\0\xff\xff\xff', 'latin1')
  head.writeUInt16LE(width, 6)
  head.writeUInt16LE(height, 8)
  const image = Buffer.from([0x2c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 0x4c, 1, 0, 0x3b])
  image.writeUInt16LE(width, 5)
  image.writeUInt16LE(height, 7)
  return Buffer.concat([head, image])
}

/** Lossless WebP, of at most 16,384 a side. */
export function webp(width: number, height: number): Buffer {
  const bits = Buffer.alloc(32)
  bits[0] = 0x2f
  bits.writeUInt32LE(((width - 1) | ((height - 1) << 14)) >>> 0, 1)
  return chunk('RIFF', Buffer.concat([Buffer.from('WEBP'), chunk('VP8L', bits)]))
}

export function bmp(width: number, height: number): Buffer {
  const head = Buffer.alloc(54)
  head.write('BM')
  head.writeUInt32LE(54, 2)
  head.writeUInt32LE(54, 10)
  head.writeUInt32LE(40, 14)
  head.writeInt32LE(width, 18)
  head.writeInt32LE(height, 22)
  head.writeUInt16LE(1, 26)
  head.writeUInt16LE(24, 28)
  return Buffer.concat([head, Buffer.alloc(64)])
}

/** `next`: where the directory behind this one is; its own place, 8, makes a loop. */
export function tiff(width: number, height: number, next = 0): Buffer {
  const entries = [
    [256, 4, width],
    [257, 4, height],
    [258, 3, 8],
    [259, 3, 1],
    [262, 3, 1],
    [273, 4, 8],
    [278, 4, height],
    [279, 4, 64],
  ]
  const file = Buffer.alloc(8 + 2 + entries.length * 12 + 4 + 64)
  file.write('II*\0', 0, 'latin1')
  file.writeUInt32LE(8, 4)
  file.writeUInt16LE(entries.length, 8)
  for (const [i, [tag, type, value]] of entries.entries()) {
    const at = 10 + i * 12
    file.writeUInt16LE(tag!, at)
    file.writeUInt16LE(type!, at + 2)
    file.writeUInt32LE(1, at + 4)
    file.writeUInt32LE(value!, at + 8)
  }
  file.writeUInt32LE(next, 10 + entries.length * 12)
  return file
}
