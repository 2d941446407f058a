import type { ProbeStream } from '../../contract/index.js'

/** What a stream looks or sounds like: `640x360, 25 fps, yuv420p`. */
export function streamWords(stream: ProbeStream): string {
  const parts: string[] = []
  const [width, height] = [stream.displayWidth ?? stream.width, stream.displayHeight ?? stream.height]
  if (width !== null && height !== null) parts.push(`${width}x${height}`)
  if (stream.rotation !== 0) parts.push(`turned ${stream.rotation}°`)
  if (stream.frameRate !== null && !stream.attachedPicture) {
    parts.push(`${Number(stream.frameRate.toFixed(3))} fps${stream.constantFrameRate ? '' : ' about'}`)
  }
  if (stream.interlaced) parts.push('interlaced')
  if (stream.pixelFormat !== null) parts.push(stream.pixelFormat)
  if (stream.channels !== null) parts.push(`${stream.channels} ch`)
  if (stream.sampleRate !== null) parts.push(`${stream.sampleRate} Hz`)
  return parts.join(', ')
}
