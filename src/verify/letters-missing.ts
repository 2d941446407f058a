import type { OutputWarning } from '../contract/index.js'

/** What libass says of a letter that none of the fonts it looks through has; it draws a box for it. */
const NO_FONT = /fontselect: failed to find any fallback with glyph 0x([0-9a-f]{1,6})/gi

/** What nobody misses: control characters, spaces, joiners and selectors of variants. */
const UNSEEN = /^[\p{Cc}\p{Cf}\p{Z}\p{DI}]$/u

/** A warning where subtitles were drawn with boxes, for the fonts of the worker and of the file lack some of their letters. */
export function lettersMissing(logLines: readonly string[]): OutputWarning[] {
  const found = logLines.flatMap((line) => [...line.matchAll(NO_FONT)].map(([, code]) => Number.parseInt(code!, 16)))
  const letters = [...new Set(found)]
    .filter((code) => code <= 0x10ffff)
    .map((code) => String.fromCodePoint(code))
    .filter((letter) => !UNSEEN.test(letter))
  if (letters.length === 0) return []
  const detail = `Boxes are drawn for letters of the subtitles that no font on the worker has, such as ${letters.slice(0, 10).join(' ')}; install a font with them there, or attach one to the file.`
  return [{ code: 'LETTERS_MISSING', detail }]
}
