import type { Preset, ProbeStream } from '../contract/index.js'

/** What becomes of the points of a `waveform` output. */
export type WaveformLayout = {
  /** Of a picture in pixels; of JSON the most points. */
  width: number
  /** In pixels; null: JSON. */
  height: number | null
  sampleRate: number
  /** How many samples ffmpeg puts together to a point. More points than are wanted are put together when they are there. */
  samplesPerPoint: number
  /** Where ffmpeg writes the least and the greatest sample of each point, in the attempt folder. */
  files: { lowest: string; highest: string }
  /** Of the sound, and what the header of the input claims instead; null: unknown, and no more than that. */
  durationUs: number | null
  promisedUs: number | null
}

export const LOWEST = 'lavfi.astats.Overall.Min_level'
export const HIGHEST = 'lavfi.astats.Overall.Max_level'
const FALLBACK_HZ = 48_000
/** Where a length is not known and nothing else is wanted: a tenth of a second. */
const FALLBACK_POINTS_PER_SECOND = 10
/** Fewer make figures of single samples. */
const FEWEST_SAMPLES = 16

export function waveformLayout(
  { width, height, pointsPerSecond }: NonNullable<Preset['waveform']>,
  stream: ProbeStream,
  { durationUs, promisedUs }: Pick<WaveformLayout, 'durationUs' | 'promisedUs'>,
  path: string,
): WaveformLayout {
  const sampleRate = stream.sampleRate ?? FALLBACK_HZ
  const wanted = pointsPerSecond ?? (durationUs === null ? FALLBACK_POINTS_PER_SECOND : Number.POSITIVE_INFINITY)
  const least = durationUs === null ? 0 : (durationUs / 1e6) * (sampleRate / width)
  const samplesPerPoint = Math.max(FEWEST_SAMPLES, Math.ceil(least), Math.round(sampleRate / wanted))
  const files = { lowest: `${path}.lowest.txt`, highest: `${path}.highest.txt` }
  return { width, height, sampleRate, samplesPerPoint, files, durationUs, promisedUs }
}
