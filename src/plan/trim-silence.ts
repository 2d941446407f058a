import type { TrimSilence } from '../contract/index.js'
import { measureArgs, measureFile, metadataIn, writesMetadata } from './measure.js'
import type { Measure, Measured, Measuring } from './types.js'

const DEFAULTS = { at: 'both', thresholdDb: -50, keepMs: 100 } as const
const START = 'lavfi.silence_start'
const END = 'lavfi.silence_end'
/** Silence that is shorter is none; what begins within as much of the beginning begins there. */
const SHORTEST_S = 0.1

/**
 * Two passes: the first finds silence, the second leaves out what of it lies at the ends. (One pass could only find the last
 * silence by keeping all of the sound in memory.) Where all is silence, all stays.
 */
export function trimPasses(
  trim: TrimSilence,
  specifier: string,
  before: readonly string[],
): { filters: string[]; measuring: Measuring } {
  const { at, thresholdDb, keepMs } = { ...DEFAULTS, ...trim }
  const how = [specifier, ...before, `${thresholdDb}`]
  const files = ['silence-starts', 'silence-ends'].map((what) => measureFile(what, ...how)) as [string, string]
  const token = `<without silence (${at}, below ${thresholdDb} dB, ${keepMs} ms kept), by ${files[0]}>`
  const filters = [
    ...before,
    `silencedetect=noise=${thresholdDb}dB:duration=${SHORTEST_S}`,
    writesMetadata(START, files[0]),
    writesMetadata(END, files[1]),
  ]
  const measure: Measure = { args: measureArgs(specifier, filters), reads: 'audio', cost: 0.02 }
  const measured: Measured = {
    token,
    files,
    value: ([starts = '', ends = '']) => {
      const sound = soundWithin(metadataIn(starts, START), metadataIn(ends, END))
      return sound === null ? 'anull' : rangeFilters(sound, at, keepMs / 1_000)
    },
  }
  return { filters: [token], measuring: { measures: [measure], measured: [measured] } }
}

type Span = { fromS: number; toS: number | null }

function rangeFilters({ fromS, toS }: Span, at: NonNullable<TrimSilence['at']>, keepS: number): string {
  const start = at === 'end' ? 0 : Math.max(0, fromS - keepS)
  const end = at === 'beginning' || toS === null ? null : toS + keepS
  const range = [
    ...(start > 0 ? [`start=${start.toFixed(6)}`] : []),
    ...(end === null ? [] : [`end=${end.toFixed(6)}`]),
  ]
  return range.length === 0 ? 'anull' : `atrim=${range.join(':')},asetpts=PTS-STARTPTS`
}

/** From the end of a silence at the beginning to the start of one that does not end any more; null: there is nothing else. */
function soundWithin(starts: number[], ends: number[]): Span | null {
  const lastStart = starts.at(-1)
  const lastEnd = ends.at(-1) ?? Number.NEGATIVE_INFINITY
  const isSilentAtEnd = lastStart !== undefined && lastStart >= lastEnd
  const isSilentAtStart = starts[0] !== undefined && starts[0] < SHORTEST_S
  if (isSilentAtStart && ends.length === 0) return null
  return { fromS: isSilentAtStart ? Math.max(0, ends[0]!) : 0, toS: isSilentAtEnd ? lastStart : null }
}
