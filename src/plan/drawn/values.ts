import type { Preset, ProbeStream } from '../../contract/index.js'
import { type Colour, isHighRange } from '../colour.js'
import { isHighDefinition, isRgb, swscaleMatrix } from '../colour-tags.js'
import { shownSize } from '../framing.js'

/** What the values of a finished picture are, for what is drawn on it to have such values as well. */
export type Values = {
  /** Format of pixels, by ffmpeg's name. */
  format: string
  /** By ffmpeg's name, such as `bt709`; null: red, green and blue. */
  matrix: string | null
  range: 'tv' | 'pc'
  /** Of a high dynamic range; null: standard. */
  high: { transfer: string; primaries: string } | null
  /** Whether frames tell matrix and range themselves. */
  told: { matrix: boolean; range: boolean }
}

export function valuesOf(stream: ProbeStream, { codec }: NonNullable<Preset['video']>, colour: Colour): Values {
  const format = colour.filters.findLast((filter) => filter.startsWith('format='))!.slice('format='.length)
  const told = { matrix: true, range: true }
  if (/^(rgb|bgr)/.test(format)) return { format, matrix: null, range: 'pc', high: null, told }
  if (codec === 'mjpeg') return { format, matrix: 'smpte170m', range: 'pc', high: null, told }
  const own = swscaleMatrix(stream) === null ? null : stream.matrix
  if (isHighRange(colour)) {
    const high = { transfer: colour.transfer!, primaries: stream.primaries ?? 'bt2020' }
    return {
      format,
      matrix: own ?? 'bt2020nc',
      range: 'tv',
      high,
      told: { matrix: own !== null, range: stream.range !== null },
    }
  }
  if (colour.transfer === 'bt709' || isRgb(stream)) return { format, matrix: 'bt709', range: 'tv', high: null, told }
  const matrix = own ?? (isHighDefinition(shownSize(stream)) ? 'bt709' : 'smpte170m')
  return {
    format,
    matrix,
    range: 'tv',
    high: null,
    told: { matrix: own !== null || colour.scaling.length > 0, range: stream.range !== null },
  }
}

/** Whether overlays of 8 bits would lose some of a picture. */
export function isDeep({ format }: Values): boolean {
  return /1[0246]le$/.test(format)
}
