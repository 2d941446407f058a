/** What is drawn on the finished picture of an output: a watermark, and text over it. */
import { FfleetError, type Preset, watermarkOf } from '../../contract/index.js'
import { isPicture } from '../../probe/formats.js'
import type { Colour } from '../colour.js'
import type { Framing } from '../framing.js'
import { tokenFor } from '../measure.js'
import type { Range } from '../range.js'
import { readRange, seconds } from '../range.js'
import type { Selected } from '../select-streams.js'
import type { Size } from '../size.js'
import type { Drawn, Measured, PlanInput, PresetOutput, Said } from '../types.js'
import { lettersOf, textFile, textFilter } from './text.js'
import { isDeep, type Values, valuesOf } from './values.js'
import { watermarkFilter } from './watermark.js'

/** What stands in the arguments; which files have to be in the attempt folder for that; and what is only known when bars are. */
export type Drawing = { filters: string[]; drawn: Drawn | null; measured: Measured[] }

type Finished = {
  framing: Framing
  colour: Colour
  /** Of the output. */
  path: string
  name: string
  /** Of the file that the picture goes to. */
  file: string
  range: Range
  input: PlanInput
}

/** As ffmpeg finds it in the attempt folder. */
export const FONT_FILE = 'letters.ttf'
const NOTHING_SAID: Said = { title: '', file: '', job: '', date: '' }
const NOTHING: Drawing = { filters: [], drawn: null, measured: [] }

/** Filters for behind all others, on the clock of the output. Throws `FILTER_NOT_AVAILABLE`. */
export function drawingOf({ stream }: Selected, video: NonNullable<Preset['video']>, finished: Finished): Drawing {
  const { watermark, text } = video
  if (!watermark && !text) return NOTHING
  const { framing, colour, path, name, file: into, range, input } = finished
  const values = valuesOf(stream, video, colour)
  requireFilters(video, values, input)
  const { startUs: offsetUs } = readRange(input.probe.container, range).decoded
  const said = { ...NOTHING_SAID, ...input.said, name }
  const file = text && textFile(text, said, offsetUs)
  const drawn: Drawn = {
    image: watermark ? { uri: watermark.uri, file: `${path}.watermark.png` } : null,
    text:
      text && file
        ? { file: `${path}.text.txt`, text: file.text, letters: lettersOf(text, said), font: FONT_FILE }
        : null,
  }
  const label = `d${into.replaceAll(/\W/g, '')}`
  const retags = input.capabilities.filters.has('setparams')
  const chain = (frame: Size) => [
    // What lies before the range is read and left out behind all filters: those of frames are not to be counted.
    ...(offsetUs > 0 ? [`trim=start=${seconds(offsetUs)}`] : []),
    ...(watermark
      ? [watermarkFilter(watermark, { file: drawn.image!.file, frame, values, offsetUs, label, retags })]
      : []),
    ...(text && file
      ? [
          textFilter(text, {
            file: drawn.text!.file,
            font: FONT_FILE,
            expansion: file.expansion,
            frame,
            values,
            offsetUs,
          }),
        ]
      : []),
  ]
  const { detected } = framing
  if (!detected || (video.fit ?? 'inside') !== 'inside') return { filters: chain(framing.frame), drawn, measured: [] }
  const token = tokenFor('drawing', into)
  const value = (texts: readonly string[]) => chain(detected.found(texts).frame).join(',')
  return { filters: [token], drawn, measured: [{ token, files: detected.files, value }] }
}

/** Throws `WATERMARK_NOT_A_PICTURE`. Its pixels were looked at with those of all inputs. */
export function requireImage(output: PresetOutput, { images }: PlanInput): void {
  const uri = watermarkOf(output)
  if (uri === null) return
  const container = images?.get(uri)?.container ?? null
  if (container !== null && (isPicture(container) || container === 'gif')) return
  throw notAPicture(output.name, 'is a film or a sound')
}

export function notAPicture(output: string, why: string): FfleetError {
  const detail = `The watermark of the output \`${output}\` (\`video.watermark.uri\`) ${why}; it must be a picture.`
  return new FfleetError('WATERMARK_NOT_A_PICTURE', detail)
}

function requireFilters(
  { watermark, text }: NonNullable<Preset['video']>,
  values: Values,
  { capabilities }: PlanInput,
): void {
  const merging = isDeep(values) ? ['geq', 'maskedmerge'] : ['overlay']
  const needed = {
    watermark: watermark ? ['movie', ...merging, ...(values.high ? ['zscale'] : [])] : [],
    text: text ? ['drawtext'] : [],
  }
  for (const [field, filters] of Object.entries(needed)) {
    const lacking = filters.filter((filter) => !capabilities.filters.has(filter))
    if (lacking.length === 0) continue
    const what = lacking.length === 1 ? `the filter ${lacking[0]}` : `the filters ${lacking.join(' and ')}`
    throw new FfleetError('FILTER_NOT_AVAILABLE', `For \`video.${field}\`, ffmpeg on this worker would need ${what}.`)
  }
}
