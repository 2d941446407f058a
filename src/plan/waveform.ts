import type { ProbeStream } from '../contract/index.js'
import { isAtLeast } from '../ffmpeg/version.js'
import { timedFilters } from './audio.js'
import { writesMetadata } from './measure.js'
import type { PlanInput } from './types.js'
import { HIGHEST, LOWEST, type WaveformLayout } from './waveform-layout.js'

/**
 * Over all channels: what one has is seen, also where another has the opposite. Beside a picture the sound begins when it
 * does there, so that points stand for times of the film.
 */
export function waveformFilters(
  { sampleRate, samplesPerPoint, files }: WaveformLayout,
  { probe, capabilities }: Pick<PlanInput, 'probe' | 'capabilities'>,
  stream: ProbeStream,
  place: 'alone' | 'beside a picture',
): string[] {
  const canChoose = isAtLeast(capabilities, 4, 2)
  return [
    ...timedFilters({ probe }, stream, place),
    ...(place === 'alone' ? [] : ['aresample=async=1:first_pts=0']),
    `aformat=sample_fmts=fltp:sample_rates=${sampleRate}`,
    `asetnsamples=n=${samplesPerPoint}:p=0`,
    `astats=metadata=1:reset=1${canChoose ? ':measure_perchannel=none:measure_overall=Min_level+Max_level' : ''}`,
    writesMetadata(LOWEST, files.lowest),
    writesMetadata(HIGHEST, files.highest),
  ]
}
