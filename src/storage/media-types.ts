import { posix } from 'node:path'

/** Media types of what lies in folder outputs. */
const MEDIA_TYPES: Record<string, string> = {
  '.aac': 'audio/aac',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.json': 'application/json',
  '.m3u8': 'application/vnd.apple.mpegurl',
  '.m4a': 'audio/mp4',
  '.m4s': 'video/iso.segment',
  '.mp4': 'video/mp4',
  '.mpd': 'application/dash+xml',
  '.png': 'image/png',
  '.ts': 'video/mp2t',
  '.vtt': 'text/vtt; charset=utf-8',
  '.webm': 'video/webm',
  '.webp': 'image/webp',
}

/** By the name alone; `application/octet-stream` for what is not known. */
export function mediaTypeOf(path: string): string {
  return MEDIA_TYPES[posix.extname(path).toLowerCase()] ?? 'application/octet-stream'
}
