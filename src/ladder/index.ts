/** Tracks in fragments, as ffmpeg wrote them, become a folder that players play. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LadderLayout } from '../plan/ladder/layout.js'
import { startCutting, type Where } from './cutting.js'
import { MANIFEST_NAME, manifest } from './dash.js'
import type { LadderFacts } from './facts.js'
import {
  KEY_FRAMES_NAME,
  keyFramePlaylist,
  MASTER_NAME,
  MEDIA_NAME,
  masterPlaylist,
  mediaPlaylist,
  subtitlePlaylist,
} from './hls.js'

export { type Cutting, startCutting, wholeSound } from './cutting.js'
export { type Due, type EarlyLadder, openEarlyLadder } from './early.js'
export { encryptLadder } from './encrypt.js'
export type { LadderFacts, Track } from './facts.js'
export { MEDIA_NAME, mediaPlaylist } from './hls.js'
export { ladderReport } from './report.js'

/**
 * Cuts the tracks of a ladder in `folder`, which nobody writes any more, into segments below `into`. A sound without a sample has none.
 *
 * @throws as `Cutting` does.
 */
export async function cutLadder(layout: LadderLayout, where: Where): Promise<LadderFacts> {
  const cutting = startCutting(layout, where)
  try {
    return await cutting.end()
  } finally {
    await cutting.close()
  }
}

/** Writes what players open: playlists, a manifest, or both. `keyUri`: of the key of its segments; left out: they are not encrypted. */
export async function describeLadder(
  { format, keyUri = null }: Pick<LadderLayout, 'format'> & { keyUri?: string | null },
  facts: LadderFacts,
  into: string,
): Promise<void> {
  if (format !== 'dash') await writePlaylists(facts, into, keyUri)
  if (format !== 'hls') await writeFile(join(into, MANIFEST_NAME), manifest(facts))
}

async function writePlaylists(facts: LadderFacts, into: string, keyUri: string | null): Promise<void> {
  for (const track of [...facts.pictures, ...facts.sounds]) {
    await writeFile(join(into, track.name, MEDIA_NAME), mediaPlaylist(track, { keyUri }))
  }
  for (const track of keyUri === null ? facts.pictures : []) {
    await writeFile(join(into, track.name, KEY_FRAMES_NAME), keyFramePlaylist(track))
  }
  for (const track of facts.subtitles) await writeFile(join(into, track.name, MEDIA_NAME), subtitlePlaylist(track))
  await writeFile(join(into, MASTER_NAME), masterPlaylist(facts, { keyUri }))
}
