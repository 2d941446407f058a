import type { ArgumentsRecipe, Preset } from '../contract/index.js'

/** Codecs whose encoders begin a part as they begin a whole, so that the parts of one quality fit together. */
const CODECS: ReadonlySet<string> = new Set(['h264', 'hevc', 'vp9', 'av1'])

/**
 * Why what a recipe makes can not be encoded in parts, a clause for behind "because"; null: nothing of the recipe is in the way. The
 * input may still be.
 */
export function whyWhole({ kind, ...recipe }: Preset | ArgumentsRecipe): string | null {
  const isFilm = kind === 'av' || kind === 'ladder'
  if (!isFilm || !('video' in recipe) || recipe.video === null) return 'only films that are encoded can be'
  const { video, tracks, quality, ladder } = recipe
  const lacking = (ladder?.codecs ?? [video.codec]).find((codec) => !CODECS.has(codec))
  if (lacking !== undefined) return `${lacking} is not encoded in parts`
  if (ladder?.playable === 'while-encoding') return 'it is played while it is encoded, from its begin on'
  if (quality !== undefined) return '`quality` is sought by samples of all of it'
  if (video.passes === 2) return 'two passes look at all of it'
  if (video.crf === null) return 'a bitrate is a promise about all of it: set `video.crf`'
  if (video.encoder !== undefined && video.encoder !== 'auto' && video.encoder !== 'software') {
    return `${video.encoder} is a device of one worker: leave \`video.encoder\` out`
  }
  if (video.denoise !== undefined) return '`video.denoise` looks back at pictures of other parts'
  if (video.frameRate !== undefined) return '`video.frameRate` counts pictures from the first one'
  if (video.watermark !== undefined || video.text !== undefined) return 'what is drawn on it follows its whole time'
  const subtitles = tracks?.subtitles
  if (subtitles === 'burn' || (typeof subtitles === 'object' && 'burn' in subtitles)) {
    return 'subtitles are drawn on its whole time'
  }
  return null
}
