/** The font that text is drawn with. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { lacking, lettersOf } from './letters.js'

export type Font = {
  /** Its file. */
  path: string
  /** The letters of a text that it lacks, each once. */
  lacks(text: string): string[]
}

/**
 * Reads a TrueType or OpenType font.
 *
 * @throws Error that says what is wrong with the file.
 */
export function openFont(path: string): Font {
  const has = lettersOf(readFileSync(path))
  return { path, lacks: (text) => lacking(text, has) }
}

let letters: ReturnType<typeof lettersOf> | null = null

/** DejaVu Sans, which comes with ffleet: Latin, Greek, Cyrillic, Hebrew, Arabic and many signs. Found from the source tree and from `dist` alike. */
export function shippedFont(): Font {
  const file = fromSource() ? '../../fonts/DejaVuSans.ttf' : '../../../fonts/DejaVuSans.ttf'
  const path = fileURLToPath(new URL(file, import.meta.url))
  // Read by the first who asks: most processes never draw a letter.
  return { path, lacks: (text) => lacking(text, (letters ??= lettersOf(readFileSync(path)))) }
}

const fromSource = () => import.meta.url.endsWith('.ts')
