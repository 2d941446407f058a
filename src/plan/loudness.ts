import type { Loudness } from '../contract/index.js'
import { isAtLeast } from '../ffmpeg/version.js'
import { measureArgs, measureFile, metadataIn, writesMetadata } from './measure.js'
import type { Measure, Measured, Measuring, PlanInput } from './types.js'

export const DEFAULT_TRUE_PEAK_DBTP = -1
/** At four times the rate of sound, samples are as high as the peaks between them (ITU-R BS.1770, annex 2). */
const OVERSAMPLED_HZ = 192_000
/** Below it, nothing counts as sound (EBU R 128): what is this quiet is silence. */
const GATE_LUFS = -70
/** Coming down from the higher rate, filters make peaks a little higher again. */
const LIMITER_MARGIN_DB = 0.2
const INTEGRATED = 'lavfi.r128.I'
const PEAK = 'lavfi.astats.Overall.Peak_level'

export type LoudnessRequest = {
  loudness: Loudness
  /** As `-map` has it, and the filters that come before. */
  specifier: string
  before: readonly string[]
  /** Of the output. */
  sampleRate: number
  capabilities: Pick<PlanInput['capabilities'], 'major' | 'minor'>
}

/**
 * Two passes: the first measures how loud the sound is and how high its peaks are, the second moves all of it by one gain,
 * so that what is loud and what is quiet keep their distance. Only where a peak would come too high, a limiter takes that
 * peak down. Silence, and what is too short to be measured, stays as it is.
 */
export function loudnessPasses(request: LoudnessRequest): { filters: string[]; measuring: Measuring } {
  const { loudness, specifier, before, capabilities } = request
  const files = ['loudness', 'peak'].map((what) => measureFile(what, specifier, ...before)) as [string, string]
  const { targetLufs, truePeakDbtp = DEFAULT_TRUE_PEAK_DBTP } = loudness
  const token = `<gain to ${targetLufs} LUFS, peaks below ${truePeakDbtp} dBTP at ${request.sampleRate} Hz, by ${files[0]}>`
  const filters = [
    ...before,
    'ebur128=metadata=1',
    writesMetadata(INTEGRATED, files[0]),
    `aresample=${OVERSAMPLED_HZ}`,
    // A figure a second is enough: it grows.
    `asetnsamples=n=${OVERSAMPLED_HZ}:p=0`,
    peakOnly(capabilities),
    writesMetadata(PEAK, files[1]),
  ]
  const measure: Measure = { args: measureArgs(specifier, filters), reads: 'audio', cost: 0.04 }
  const measured: Measured = {
    token,
    files,
    value: ([loud = '', high = '']) =>
      levelled(request, metadataIn(loud, INTEGRATED).at(-1), metadataIn(high, PEAK).at(-1)).join(','),
  }
  return { filters: [token], measuring: { measures: [measure], measured: [measured] } }
}

/** Before 4.2 it measures everything. */
function peakOnly(capabilities: LoudnessRequest['capabilities']): string {
  return isAtLeast(capabilities, 4, 2)
    ? 'astats=metadata=1:measure_perchannel=none:measure_overall=Peak_level'
    : 'astats=metadata=1'
}

/** Filters that bring a sound of that loudness and peak to where it should be. */
function levelled(
  { loudness, sampleRate, capabilities }: LoudnessRequest,
  integratedLufs = Number.NaN,
  peakDb = Number.NaN,
): string[] {
  if (!(integratedLufs > GATE_LUFS)) return ['anull']
  const gainDb = loudness.targetLufs - integratedLufs
  const most = loudness.truePeakDbtp ?? DEFAULT_TRUE_PEAK_DBTP
  const gain = `volume=${gainDb.toFixed(2)}dB`
  if (peakDb + gainDb <= most) return [gain]
  const limit = 10 ** ((most - LIMITER_MARGIN_DB) / 20)
  // Before 5.1 it delays the sound by the 5 ms for which it looks ahead.
  const inTime = isAtLeast(capabilities, 5, 1) ? ':latency=1' : ''
  return [
    gain,
    `aresample=${OVERSAMPLED_HZ}`,
    `alimiter=limit=${limit.toFixed(4)}:attack=5:release=50:level=0${inTime}`,
    `aresample=${sampleRate}`,
  ]
}
