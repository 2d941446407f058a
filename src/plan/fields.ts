import type { ProbeStream } from '../contract/index.js'
import { measureFile, metadataIn, tokenFor } from './measure.js'
import type { Selected } from './select-streams.js'
import type { Measuring, PlanInput } from './types.js'
import { type Deinterlacing, progressive } from './video.js'

/** Codecs, by ffmpeg's names, whose frames do not say whether they are made of fields. */
const SILENT = new Set(
  (
    'mjpeg ffv1 huffyuv ffvhuff hymt utvideo lagarith magicyuv rawvideo v210 v308 v408 v410 r210 yuv4 ayuv ' +
    'mpeg4 msmpeg4v2 msmpeg4v3 jpeg2000 cfhd hap'
  ).split(' '),
)
/** Lines of what was taken in fields: NTSC, PAL and HD. */
const LINES = new Set([480, 486, 576, 1080])
const MOST_FRAMES_PER_SECOND = 30.1
/** Seconds that are looked at, spread over the range. */
const LOOKS = 20
/** Fewer frames that are clearly one or the other say nothing. */
const LEAST_FRAMES = 5
/** Stricter than it is by itself (1.04): drawn pictures with hard edges, as on screens, seem to be fields to it then. */
const DETECTOR = 'idet=intl_thres=1.2'
/** Reading, and decoding those seconds. */
const COST = 0.15

type Looking = { before: readonly string[]; durationUs: number | null; path: string } & Pick<PlanInput, 'capabilities'>

/**
 * Filters that make frames whole, for in front of all others. Where nothing says whether frames are made of fields, and they have the
 * lines and the rate of what is, a measuring pass looks at them (idet).
 */
export function wholeFrames(
  { stream, specifier }: Selected,
  mode: Deinterlacing | undefined,
  { before, durationUs, path, capabilities }: Looking,
): Measuring & { fields: readonly string[] } {
  const known = progressive(stream, mode)
  if ((mode ?? 'auto') !== 'auto' || !mayHide(stream) || !capabilities.filters.has('idet')) {
    return { fields: known, measures: [], measured: [] }
  }
  const stepS = durationUs === null ? 1 : Math.max(1, Math.floor(durationUs / 1e6 / LOOKS))
  const looks = [...before, `select='not(mod(floor(t),${stepS}))'`, DETECTOR]
  const file = measureFile('fields', specifier, ...looks)
  const chain = [...looks, `metadata=mode=print:file=${file}`].join(',')
  const token = tokenFor('fields', path)
  return {
    fields: [token],
    measures: [{ args: ['-map', specifier, '-an', '-vf', chain, '-f', 'null', '-'], reads: 'video', cost: COST }],
    measured: [{ token, files: [file], value: ([text = '']) => apart(text, stream).join(',') || 'null' }],
  }
}

function mayHide({ interlaced, codec, height, frameRate }: ProbeStream): boolean {
  const isSlow = frameRate === null || frameRate <= MOST_FRAMES_PER_SECOND
  return !interlaced && isSlow && LINES.has(height ?? 0) && SILENT.has(codec ?? '')
}

/** By what most frames are that are clearly one or the other. */
function apart(text: string, stream: ProbeStream): string[] {
  const count = (name: string) => metadataIn(text, `lavfi.idet.multiple.${name}`).at(-1) ?? 0
  const [top, bottom, whole] = [count('tff'), count('bff'), count('progressive')]
  if (top + bottom < LEAST_FRAMES || top + bottom <= whole) return []
  return [`setfield=${top >= bottom ? 'tff' : 'bff'}`, ...progressive(stream, 'always')]
}
