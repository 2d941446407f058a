import type { MeasuredLoudness } from '../contract/index.js'
import type { Capabilities } from '../ffmpeg/capabilities.js'
import { fileUrl, inputOptions } from '../probe/formats.js'
import { readThrough } from './read-through.js'

/** What ffmpeg's `ebur128` says when it has heard all; the name of its context and the level come before. */
const INTEGRATED = /\bI:\s+(\S+) LUFS/g
const PEAK = /\bPeak:\s+(\S+) dBFS/g
const GATE_LUFS = -70

/** Hears one sound of a file, all of it. Null where ffmpeg can't tell. */
export async function measureLoudness(request: {
  /** Absolute. */
  path: string
  container: string
  /** Which of its sounds, from 0. */
  track: number
  capabilities: Pick<Capabilities, 'ffmpeg' | 'statsPeriod' | 'enclosure'>
  signal?: AbortSignal | undefined
}): Promise<MeasuredLoudness | null> {
  const { path, container, track, capabilities, signal } = request
  const args = [
    ...[...inputOptions(container), '-i', fileUrl(path), '-map', `0:a:${track}`],
    // With metadata it does not log each tenth of a second.
    ...['-af', 'ebur128=peak=true:metadata=1', '-f', 'null', '-'],
  ]
  const { ok, logTail } = await readThrough(args, { capabilities, signal }, { view: { reads: [path] } })
  const said = logTail.join('\n')
  const integrated = lastOf(INTEGRATED, said)
  if (!ok || integrated === null) return null
  const peak = lastOf(PEAK, said)
  return {
    integratedLufs: integrated > GATE_LUFS ? integrated : null,
    truePeakDbtp: peak !== null && Number.isFinite(peak) ? peak : null,
  }
}

/** What it calls `-inf` or `nan` is no level; null where it says nothing. */
function lastOf(pattern: RegExp, text: string): number | null {
  const found = [...text.matchAll(pattern)].at(-1)?.[1]
  if (found === undefined) return null
  return Number.isFinite(Number(found)) ? Number(found) : Number.NEGATIVE_INFINITY
}
