import type { Preset, Probe } from '../contract/index.js'
import type { GroupOutput } from './types.js'

/**
 * What an output comes to by the bit rates of its recipe and its length, headers not counted; of a copy, the share of the
 * input, or the bit rates of what is copied. Null where an encoder aims at a quality, or the length is not known.
 */
export function expectedBytes(recipe: Preset, output: GroupOutput, probe: Probe): number | null {
  const { expected, from } = output
  if (expected.durationUs === null) return null
  const isAll = [from.video, from.audio].filter((index) => index !== null).length === probe.streams.length
  if (expected.isCopy && isAll && probe.durationUs !== null) {
    return Math.round(probe.bytes * Math.min(1, expected.durationUs / probe.durationUs))
  }
  const rateOf = (part: Preset['video'] | Preset['audio'], index: number | null): number | null => {
    if (index === null) return 0
    if (part?.codec === 'copy') return probe.streams.find((stream) => stream.index === index)?.bitrate ?? null
    return part && !('crf' in part && part.crf !== null) ? part.bitrate : null
  }
  const rates = [rateOf(recipe.video, from.video), rateOf(recipe.audio, from.audio)]
  if (rates.some((rate) => rate === null)) return null
  return Math.round(((rates[0]! + rates[1]!) * expected.durationUs) / 8e6)
}
