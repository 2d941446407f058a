import type { Preset } from '../../contract/index.js'
import type { Selected } from '../select-streams.js'
import type { PlanInput } from '../types.js'

/** Where a picture can be marked as cover art; an MKV would have it as a second video, a MOV not at all. */
const HOLD_COVERS: ReadonlySet<Preset['container']> = new Set(['mp4', 'm4a', 'mp3', 'flac'])
const CODECS = new Set(['mjpeg', 'png'])

/** The first that goes into the container as it is; null where there is none, or nobody expects it, as of a film that is encoded. */
export function coverOf({ kind, container }: Preset, covers: readonly Selected[]): Selected | null {
  if ((kind !== 'remux' && kind !== 'audio') || !HOLD_COVERS.has(container)) return null
  return covers[0] ?? null
}

/** Pictures of a file that can be carried as they are; `number`: of the file, as ffmpeg counts those that it opens. */
export function coversOf({ probe, undecodable }: Pick<PlanInput, 'probe' | 'undecodable'>, number: number): Selected[] {
  return probe.streams
    .filter(
      ({ index, attachedPicture, codec }) => attachedPicture && CODECS.has(codec ?? '') && !undecodable?.has(index),
    )
    .map((stream) => ({ stream, specifier: `${number}:${stream.index}` }))
}
