import { FfleetError, type Preset } from '../contract/index.js'
import { isPicture } from '../probe/formats.js'
import type { Rates } from './frame-rate.js'
import type { HardwareChoice } from './hardware/index.js'
import type { Range } from './range.js'
import { missing, type Selected, type Selection } from './select-streams.js'
import type { Source } from './source.js'
import type { Pieces } from './split/types.js'
import type { Measuring, PlanInput, PlannedOutput } from './types.js'

/** What all outputs of a job share. */
export type PlanContext = {
  input: PlanInput
  source: Source
  range: Range
  selection: Selection
  /** Of the input within the range, by the streams that are used; null when unknown. */
  expectedUs(streams: readonly (Selected | null)[]): number | null
  hardware: HardwareChoice
  /** Of the one that is planned. */
  outputName: string
}

export type Recipe<K extends 'video' | 'audio' | 'sprites' | 'waveform' | 'ladder'> = Preset & {
  [P in K]: NonNullable<Preset[P]>
}
/** One output, but for what all of them have alike. */
export type Plan = Omit<
  PlannedOutput,
  'name' | 'relativePath' | 'isFolder' | 'kind' | 'sheetArgs' | 'from' | 'split' | keyof Measuring
> &
  Partial<Pick<PlannedOutput, 'sheetArgs' | 'from' | keyof Measuring>> & { pieces?: Pieces }

export function requireAudio(audio: Selected | null, { selection }: PlanContext): Selected {
  if (audio !== null) return audio
  throw missing(selection.lost.audio, new FfleetError('NO_AUDIO_STREAM', 'The input has no audio that can be decoded.'))
}

export function requireVideo({ selection }: PlanContext): Selected {
  if (selection.video !== null) return selection.video
  const none = new FfleetError('NO_VIDEO_STREAM', 'The input has no video that can be decoded.')
  throw missing(selection.lost.video, none)
}

export function requireMoving(context: PlanContext): Selected {
  const video = requireVideo(context)
  if (!isPicture(context.input.probe.container)) return video
  throw new FfleetError('NO_VIDEO_STREAM', 'The input is a still picture.', {
    hint: 'Use the poster preset to make a JPEG of it.',
  })
}

/** Frames keep their times. Otherwise ffmpeg repeats frames at a constant rate, over gaps of any length. */
export function variableFrameRate({ input }: PlanContext): string[] {
  return input.capabilities.fpsMode ? ['-fps_mode', 'vfr'] : []
}

/** The same for a film. */
export function ownTimes(context: PlanContext, video: Selected, rates: Rates): string[] {
  return [...variableFrameRate(context), ...encoderClock(video, rates)]
}

/**
 * An encoder counts in frames of the rate that ffmpeg takes for the film's, and frames that come faster are left out, or put at one
 * time, without a word: where they last unequally long it counts in fine steps. Elsewhere it does not, since some write their steps
 * into the stream, where programs take them for a rate.
 */
export function encoderClock({ stream }: Selected, { frameRate }: Pick<Rates, 'frameRate'>): string[] {
  const isEven = frameRate !== undefined || stream.constantFrameRate
  return isEven ? [] : ['-enc_time_base:v', '1:90000']
}
