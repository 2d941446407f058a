import { type DrawnText, fieldsIn, fillTemplate, type TextField } from '../../contract/index.js'
import type { Size } from '../size.js'
import type { Said } from '../types.js'
import { inHighRange } from './high-range.js'
import { marginOf, placeOf, shownWhen } from './placement.js'
import type { Values } from './values.js'

/** In percent of the height of the picture. */
const DEFAULT_SIZE = 5
/** In pixels: smaller ones nobody reads. */
const LEAST_SIZE = 6

type AllSaid = Said & { name: string }

/** Fields that a filter fills in, by what stands for them in its file. */
const BY_FRAME = {
  frame: () => '%{n}',
  time: (offsetUs: number) => `%{pts:hms${offsetUs > 0 ? `:-${offsetUs / 1e6}` : ''}}`,
}

/** All that is drawn but what follows the film: for a font to have the letters of. */
export function lettersOf({ template }: DrawnText, said: AllSaid): string {
  return fillTemplate(template, (field) => (field in BY_FRAME ? '0123456789:.-' : said[field as keyof AllSaid]))
}

/**
 * The file that `drawtext` reads, so that no text stands in the arguments. Where fields follow the film it is expanded, and what could be taken for
 * a field is marked as letters; else it is drawn as it is.
 */
export function textFile(
  { template }: DrawnText,
  said: AllSaid,
  offsetUs: number,
): { text: string; expansion: 'none' | 'normal' } {
  const isExpanded = fieldsIn(template).fields.some((field) => field in BY_FRAME)
  const literal = (text: string) => (isExpanded ? text.replaceAll(/[\\%]/g, '\\$&') : text)
  const fill = (field: TextField) => {
    if (field === 'time' || field === 'frame') return BY_FRAME[field](offsetUs)
    return literal(said[field].replaceAll(/\s+/g, ' '))
  }
  return { text: fillTemplate(template, fill, literal), expansion: isExpanded ? 'normal' : 'none' }
}

type Drawing = {
  file: string
  font: string
  expansion: 'none' | 'normal'
  frame: Size
  values: Values
  offsetUs: number
}

export function textFilter(
  {
    position = 'bottom-left',
    margin,
    size = DEFAULT_SIZE,
    colour = '#FFFFFF',
    background,
    opacity = 1,
    ...shown
  }: DrawnText,
  { file, font, expansion, frame, values, offsetUs }: Drawing,
): string {
  const pixels = Math.max(LEAST_SIZE, Math.round((frame.height * size) / 100))
  const border = background === undefined ? 0 : Math.round(pixels / 4)
  const inside = marginOf(margin, frame) + border
  const { x, y } = placeOf(position, inside, { frame: ['w', 'h'], drawn: ['tw', 'th'] })
  const inColour = (text: string) => colourIn(text, opacity, values)
  const box = background === undefined ? '' : `:box=1:boxcolor=${inColour(background)}:boxborderw=${border}`
  const look = `fontsize=${pixels}:fontcolor=${inColour(colour)}:x=${x}:y=${y}${box}`
  return `drawtext=fontfile=${font}:textfile=${file}:expansion=${expansion}:${look}${shownWhen(shown, offsetUs)}`
}

/** As filters read it: what is seen through it as well, and no brighter in a high dynamic range than elsewhere. */
function colourIn(text: string, opacity: number, { high }: Values): string {
  const [red, green, blue, alpha = 255] = text
    .slice(1)
    .match(/../g)!
    .map((part) => Number.parseInt(part, 16))
  const rgb: [number, number, number] = [red!, green!, blue!]
  const values = high === null ? rgb : inHighRange(rgb, high.transfer)
  const hex = values.map((value) => value.toString(16).padStart(2, '0')).join('')
  return `0x${hex}@${((alpha / 255) * opacity).toFixed(3)}`
}
