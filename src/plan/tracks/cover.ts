import type { Preset, Probe } from '../../contract/index.js'
import type { Selected } from '../select-streams.js'

/** Where a picture can be marked as cover art; an MKV would have it as a second video, a MOV not at all. */
const HOLD_COVERS: ReadonlySet<Preset['container']> = new Set(['mp4', 'm4a', 'mp3', 'flac'])
const CODECS = new Set(['mjpeg', 'png'])

/** The first that goes into the container as it is; null where there is none, or nobody expects it, as of a film that is encoded. */
export function coverOf({ kind, container }: Preset, { streams }: Probe): Selected | null {
  if ((kind !== 'remux' && kind !== 'audio') || !HOLD_COVERS.has(container)) return null
  const stream = streams.find(({ attachedPicture, codec }) => attachedPicture && CODECS.has(codec ?? ''))
  return stream === undefined ? null : { stream, specifier: `0:${stream.index}` }
}
