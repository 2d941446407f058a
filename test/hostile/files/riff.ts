/** RIFF: WAV and AVI, byte by byte. */

/** A chunk, padded to an even length. `claim`: the size it says it has. */
export function chunk(name: string, body: Buffer, claim = body.length): Buffer {
  const head = Buffer.alloc(8)
  head.write(name, 0, 'latin1')
  head.writeUInt32LE(claim, 4)
  return Buffer.concat([head, body, Buffer.alloc(body.length % 2)])
}

export const list = (name: string, ...chunks: Buffer[]) => chunk('LIST', Buffer.concat([Buffer.from(name), ...chunks]))

/** Of 8-bit samples, mono, 8,000 a second. `claim`: how many bytes of samples the header promises. */
export function riffWave(
  samples: Buffer,
  { claim = samples.length, more }: { claim?: number; more?: Buffer } = {},
): Buffer {
  const format = Buffer.alloc(16)
  format.writeUInt16LE(1, 0)
  format.writeUInt16LE(1, 2)
  format.writeUInt32LE(8_000, 4)
  format.writeUInt32LE(8_000, 8)
  format.writeUInt16LE(1, 12)
  format.writeUInt16LE(8, 14)
  return chunk(
    'RIFF',
    Buffer.concat([Buffer.from('WAVE'), chunk('fmt ', format), ...(more ? [more] : []), chunk('data', samples, claim)]),
  )
}

export type AviVideo = { width: number; height: number; fourcc: string; rate?: number; scale?: number }

/** One video stream, and text beside it, which is what a subtitle track of an AVI holds. */
export function avi(video: AviVideo, frames: readonly Buffer[], text: Buffer | null = null): Buffer {
  const { width, height, fourcc, rate = 25, scale = 1 } = video
  const header = Buffer.alloc(56)
  header.writeUInt32LE(40_000, 0)
  header.writeUInt32LE(frames.length, 16)
  header.writeUInt32LE(text === null ? 1 : 2, 24)
  header.writeUInt32LE(width, 32)
  header.writeUInt32LE(height, 36)
  const stream = (type: string, handler: string, length: number) => {
    const head = Buffer.alloc(56)
    head.write(type + handler, 0, 'latin1')
    head.writeUInt32LE(scale, 20)
    head.writeUInt32LE(rate, 24)
    head.writeUInt32LE(length, 32)
    return chunk('strh', head)
  }
  const bitmap = Buffer.alloc(40)
  bitmap.writeUInt32LE(40, 0)
  bitmap.writeInt32LE(width, 4)
  bitmap.writeInt32LE(height, 8)
  bitmap.writeUInt16LE(1, 12)
  bitmap.writeUInt16LE(24, 14)
  bitmap.write(fourcc, 16, 'latin1')
  const streams = [list('strl', stream('vids', fourcc, frames.length), chunk('strf', bitmap))]
  if (text !== null) streams.push(list('strl', stream('txts', '\0\0\0\0', 1), chunk('strf', Buffer.alloc(0))))
  const data = [...(text === null ? [] : [chunk('01tx', text)]), ...frames.map((frame) => chunk('00dc', frame))]
  return chunk(
    'RIFF',
    Buffer.concat([Buffer.from('AVI '), list('hdrl', chunk('avih', header), ...streams), list('movi', ...data)]),
  )
}

/** What DivX players take for a subtitle file inside an AVI. */
export function gab2(subtitles: string): Buffer {
  const name = Buffer.from('x\0', 'utf16le')
  const head = Buffer.alloc(11)
  head.write('GAB2\0', 0)
  head.writeUInt16LE(2, 5)
  head.writeUInt32LE(name.length, 7)
  const body = Buffer.from(subtitles)
  const size = Buffer.alloc(6)
  size.writeUInt16LE(4, 0)
  size.writeUInt32LE(body.length, 2)
  return Buffer.concat([head, name, size, body])
}
