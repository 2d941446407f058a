import type { Watermark } from '../../contract/index.js'
import { swscaleMatrix } from '../colour-tags.js'
import type { Size } from '../size.js'
import { WHITE_NITS } from './high-range.js'
import { marginOf, placeOf, shownWhen } from './placement.js'
import { isDeep, type Values } from './values.js'

/** In percent of the width of the picture. */
const DEFAULT_WIDTH = 15

type Drawing = {
  /** PNG of red, green, blue and alpha in the attempt folder. */
  file: string
  frame: Size
  values: Values
  /** Of the clock of the filters against that of the output. */
  offsetUs: number
  /** For names of streams, which no other output has. */
  label: string
  /** `setparams`, which ffmpeg before 4.2 lacks, and needs none. */
  retags: boolean
}

/**
 * A graph that draws a picture on another one, for between two filters. Both get the same values before, since ffmpeg from 7 on
 * would convert one to the other's by itself, and what a frame did not tell it does not tell behind it.
 */
export function watermarkFilter(watermark: Watermark, drawing: Drawing): string {
  const { values, label, retags } = drawing
  const [base, image] = [`[${label}base]`, `[${label}image]`]
  const tags = retags && values.matrix !== null ? `setparams=colorspace=${values.matrix}:range=${values.range}` : null
  const { told } = values
  const untold = [...(told.matrix ? [] : ['colorspace=unknown']), ...(told.range ? [] : ['range=unspecified'])]
  const back = tags !== null && untold.length > 0 ? `,setparams=${untold.join(':')}` : ''
  const sized = [`movie=${drawing.file}:f=png_pipe`, 'format=rgba', ...shaped(watermark, drawing.frame)].join(',')
  const [from, merged] = isDeep(values)
    ? blended(sized, watermark, drawing, tags)
    : overlaid(sized, watermark, drawing, tags)
  return `${tags ?? 'null'}${base};${from};${base}${image}${merged}${back}`
}

/** In the size that is asked for, but within the picture, and as opaque. */
function shaped({ width: percent = DEFAULT_WIDTH, margin, opacity = 1 }: Watermark, frame: Size): string[] {
  const width = Math.max(1, Math.round((frame.width * percent) / 100))
  const free = 2 * marginOf(margin, frame)
  const most = { width: Math.min(width, Math.max(1, frame.width - free)), height: Math.max(1, frame.height - free) }
  const [w, h] = [`min(${most.width},${most.height}*iw/ih)`, `min(${most.height},${most.width}*ih/iw)`]
  return [
    `scale=w='max(1,round(${w}))':h='max(1,round(${h}))'`,
    ...(opacity < 1 ? [`colorchannelmixer=aa=${opacity}`] : []),
  ]
}

/** Eight bits: by `overlay`, which touches no pixel but those behind the watermark. */
function overlaid(
  sized: string,
  { position = 'bottom-right', margin, ...shown }: Watermark,
  { frame, values, offsetUs, label }: Drawing,
  tags: string | null,
): [from: string, merged: string] {
  const { x, y } = placeOf(position, marginOf(margin, frame), { frame: ['W', 'H'], drawn: ['w', 'h'] })
  const [, sampling] = /^yuv(4\d\d)p$/.exec(values.format) ?? []
  const format = sampling === undefined ? 'rgb' : `yuv${sampling}`
  const converted = sampling === undefined ? [] : inValues(values, `yuva${sampling}p`, tags)
  return [
    `${[sized, ...converted].join(',')}[${label}image]`,
    `overlay=x=${x}:y=${y}:format=${format}${shownWhen(shown, offsetUs)}`,
  ]
}

/**
 * More bits: by `maskedmerge` of a picture as large as the frame, with its alpha in each plane of a third one. `overlay` knows no such formats
 * before 4.4, and not all of them behind it.
 */
function blended(
  sized: string,
  { position = 'bottom-right', margin, ...shown }: Watermark,
  { frame, values, offsetUs, label }: Drawing,
  tags: string | null,
): [from: string, merged: string] {
  const [image, whole, alpha, mask] = ['image', 'whole', 'alpha', 'mask'].map((name) => `[${label}${name}]`)
  const { x, y } = placeOf(position, marginOf(margin, frame), { frame: ['ow', 'oh'], drawn: ['iw', 'ih'] })
  const padded = `pad=${frame.width}:${frame.height}:${x}:${y}:color=black@0,format=rgba`
  const each = "'alpha(X,Y)'"
  const planes = [
    'format=yuva444p',
    `geq=lum=${each}:cb=${each}:cr=${each}:a=255`,
    // Kept as they are: nothing of this is light or colour.
    ...(tags === null ? [] : ['setparams=range=tv']),
    `format=${values.format}`,
    ...(values.format.startsWith('yuva') ? [`geq=lum='lum(X,Y)':cb='cb(X,Y)':cr='cr(X,Y)':a='lum(X,Y)'`] : []),
    ...(tags === null ? [] : [tags]),
  ]
  return [
    [
      `${sized},${padded},split${whole}${alpha}`,
      `${alpha}${planes.join(',')}${mask}`,
      `${whole}format=rgb24,${inValues(values, values.format, tags).join(',')}${image}`,
    ].join(';'),
    `${mask}maskedmerge=planes=15${shownWhen(shown, offsetUs)}`,
  ]
}

/** From red, green and blue to the values of the picture. */
function inValues({ matrix, range, high }: Values, format: string, tags: string | null): string[] {
  const after = tags === null ? [] : [tags]
  if (high === null) {
    const name = swscaleMatrix({ matrix })
    return [`scale=out_color_matrix=${name}:out_range=${range}`, `format=${format}`, ...after]
  }
  const { transfer, primaries } = high
  const from = 'tin=iec61966-2-1:pin=bt709:min=gbr:rin=pc'
  const to = `t=${transfer}:p=${primaries}:m=${matrix}:r=${range}:npl=${WHITE_NITS}`
  return ['format=gbrp', `zscale=${from}:${to}`, `format=${format}`, ...after]
}
