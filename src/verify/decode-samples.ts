import type { Probe } from '../contract/index.js'
import type { Capabilities } from '../ffmpeg/index.js'
import { fileUrl, inputOptions, isPicture } from '../probe/formats.js'
import { readThrough } from './read-through.js'

export type SampleRequest = {
  /** Absolute path of the output. */
  path: string
  probe: Probe
  capabilities: Pick<Capabilities, 'ffmpeg' | 'statsPeriod' | 'enclosure'>
  signal?: AbortSignal | undefined
}

/** `decodes`: all of the samples do; null where nothing was tried. `complaint`: the first thing the decoder said. */
export type Sampled = { decodes: boolean | null; complaint: string | null; isHopeless: boolean }

const SAMPLE_S = 1

/**
 * Decodes a second at the beginning, in the middle and at the end of an output, all streams of it, in one process: some 0.1 s
 * and the time of three seconds of media. Hopeless: not one picture, or no sample of sound, came of it.
 */
export async function decodeSamples({ path, probe, capabilities, signal }: SampleRequest): Promise<Sampled> {
  const { container, durationUs } = probe
  if (isPicture(container) || durationUs === null) return { decodes: null, complaint: null, isHopeless: false }
  const starts = spots(durationUs / 1e6)
  const args = [
    ...starts.flatMap((start) => [
      '-ss',
      `${start}`,
      '-t',
      `${SAMPLE_S}`,
      ...inputOptions(container),
      '-i',
      fileUrl(path),
    ]),
    ...starts.flatMap((_, i) => ['-map', `${i}:v?`, '-map', `${i}:a?`]),
    ...['-f', 'null', '-'],
  ]
  const { ok, errors, lastBlock } = await readThrough(args, { capabilities, signal }, { view: { reads: [path] } })
  const isHopeless = !ok || lastBlock?.frame === 0 || (lastBlock?.outTimeUs ?? 0) <= 0
  return { decodes: !isHopeless && errors.length === 0, complaint: errors[0] ?? null, isHopeless }
}

/** Where to look; one place is enough in what is hardly longer. */
function spots(seconds: number): number[] {
  if (seconds <= 3 * SAMPLE_S) return [0]
  return [0, seconds / 2, seconds - 1.5 * SAMPLE_S].map((at) => Math.round(at * 1e3) / 1e3)
}
