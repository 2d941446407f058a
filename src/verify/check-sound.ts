import {
  FfleetError,
  type Loudness,
  type MeasuredLoudness,
  type OutputWarning,
  type Probe,
  type ProbeStream,
} from '../contract/index.js'
import type { Capabilities } from '../ffmpeg/capabilities.js'
import { DEFAULT_TRUE_PEAK_DBTP } from '../plan/loudness.js'
import type { ExpectedOutput, ExpectedSound } from '../plan/types.js'
import { measureLoudness } from './measure-loudness.js'

/** EBU R 128 allows as much. */
const TOLERANCE_LU = 0.5
/** What coding with loss may add to peaks. */
const TOLERANCE_DB = 1

type SoundRequest = {
  /** Absolute path of the output. */
  path: string
  expected: Pick<ExpectedOutput, 'sound'>
  capabilities: Pick<Capabilities, 'ffmpeg' | 'statsPeriod' | 'enclosure'>
  signal?: AbortSignal | undefined
}

/** `loudness`: of the first sound, where one was asked for and could be measured. */
type SoundCheck = { loudness?: MeasuredLoudness; warnings: OutputWarning[] }

/** Whether each sound is what was asked for. Throws `OUTPUT_INVALID` for another sample rate or number of channels. */
export async function checkSound(probe: Probe, request: SoundRequest): Promise<SoundCheck> {
  const { sound } = request.expected
  if (sound === undefined) return { warnings: [] }
  const streams = probe.streams.filter(({ type }) => type === 'audio')
  for (const stream of streams) checkForm(stream, sound)
  return sound.loudness === undefined ? { warnings: [] } : checkLoudness(sound.loudness, streams.length, probe, request)
}

function checkForm(stream: ProbeStream, { sampleRate, channels }: ExpectedSound): void {
  if (sampleRate !== undefined && stream.sampleRate !== null && stream.sampleRate !== sampleRate) {
    throw wrong(`has ${stream.sampleRate} samples a second instead of ${sampleRate}`)
  }
  if (channels !== undefined && stream.channels !== null && stream.channels !== channels) {
    throw wrong(`has ${stream.channels} channels instead of ${channels}`)
  }
}

async function checkLoudness(
  loudness: Loudness,
  tracks: number,
  { container }: Probe,
  { path, capabilities, signal }: SoundRequest,
): Promise<SoundCheck> {
  const check: SoundCheck = { warnings: [] }
  for (let track = 0; track < tracks; track++) {
    const heard = await measureLoudness({ path, container, track, capabilities, signal })
    if (heard === null) continue
    if (track === 0) check.loudness = heard
    const detail = offTarget(loudness, heard)
    if (detail !== null) check.warnings.push({ code: 'LOUDNESS_OFF_TARGET', detail })
  }
  return check
}

function offTarget(
  { targetLufs, truePeakDbtp = DEFAULT_TRUE_PEAK_DBTP }: Loudness,
  heard: MeasuredLoudness,
): string | null {
  const { integratedLufs, truePeakDbtp: peakDbtp } = heard
  if (integratedLufs === null) return 'The audio is silent, or too short to be measured: its loudness stays as it is.'
  if (Math.abs(integratedLufs - targetLufs) > TOLERANCE_LU) {
    return `The output has ${integratedLufs} LUFS instead of ${targetLufs}: its peaks would go above ${truePeakDbtp} dBTP.`
  }
  if (peakDbtp !== null && peakDbtp > truePeakDbtp + TOLERANCE_DB) {
    return `Peaks of the output go to ${peakDbtp} dBTP instead of ${truePeakDbtp}: coding with loss made them higher.`
  }
  return null
}

function wrong(what: string): FfleetError {
  return new FfleetError('OUTPUT_INVALID', `The output's audio ${what}.`)
}
