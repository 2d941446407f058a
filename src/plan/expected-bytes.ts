import type { Preset, Probe } from '../contract/index.js'
import type { GroupOutput } from './types.js'

/**
 * What an output comes to by the bit rates of its recipe and its length, headers not counted; of a copy, the share of the
 * input, or the bit rates of what is copied. Null where an encoder aims at a quality, or the length is not known.
 */
export function expectedBytes(recipe: Preset, output: GroupOutput, probe: Probe): number | null {
  const { expected, from } = output
  if (expected.durationUs === null) return null
  const carried = [...(from.video === null ? [] : [from.video]), ...from.audio, ...from.subtitles]
  const isAll = carried.length === probe.streams.length
  if (expected.isCopy && isAll && probe.durationUs !== null) {
    return Math.round(probe.bytes * Math.min(1, expected.durationUs / probe.durationUs))
  }
  const rateOf = (part: Preset['video'] | Preset['audio'], index: number): number | null => {
    if (part?.codec === 'copy') return probe.streams.find((stream) => stream.index === index)?.bitrate ?? null
    return part && !('crf' in part && part.crf !== null) ? part.bitrate : null
  }
  const rates = [
    ...(from.video === null ? [] : [rateOf(recipe.video, from.video)]),
    ...from.audio.map((index) => rateOf(recipe.audio, index)),
  ]
  const known = rates.filter((rate) => rate !== null)
  if (known.length < rates.length) return null
  return Math.round((known.reduce((sum, rate) => sum + rate, 0) * expected.durationUs) / 8e6)
}
