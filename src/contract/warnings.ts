import { Closed, Enum, type Static, Type } from './schema.js'

/** Every code of a warning, and what it says. A code is never reused for another meaning. */
export const WARNINGS = {
  STREAM_LEFT_OUT: 'Something of the input is not in the output',
  TRACK_MISSING: 'A track that was asked for is not in the input',
  STREAM_UNUSABLE: 'A stream that the input announces can not be used',
  TONE_MAPPED: 'High dynamic range became standard range',
  NOT_TONE_MAPPED: 'High dynamic range could not be tone-mapped',
  HDR_METADATA_LEFT_OUT: 'Metadata of high dynamic range is not in the output',
  CHANNELS_MIXED: 'Channels without a place were mixed',
  LOUDNESS_OFF_TARGET: 'The output is not as loud as it was to be',
  QUALITY_NOT_REACHED: 'The output is not as like its source as it was to be',
  LENGTH_UNEXPECTED: 'The output is not as long as the header of the input says',
  PARTLY_UNDECODABLE: 'Not all of it could be decoded',
  LETTERS_MISSING: 'Subtitles were drawn with letters that no font has',
  HARDWARE_FELL_BACK: 'A hardware encoder failed; the output was made in software',
  NOT_SPLIT: 'The output is encoded in one piece',
  NOT_PLAYABLE_EARLY: 'The ladder could be played only when it was complete',
  NOT_INSPECTED: 'No worker looked at the input',
} as const satisfies Record<string, string>

export type WarningCode = keyof typeof WARNINGS
export const WARNING_CODES = Object.keys(WARNINGS) as WarningCode[]

/** What the person who sent the job should know of an output although all is well. */
export const OutputWarning = Closed(
  { code: Enum(WARNING_CODES), detail: Type.String({ description: 'A sentence for people.' }) },
  { $id: 'OutputWarning' },
)
export type OutputWarning = Static<typeof OutputWarning>

/** The same, with the name of the output. */
export const JobWarning = Closed({ ...OutputWarning.properties, output: Type.String() }, { $id: 'JobWarning' })
export type JobWarning = Static<typeof JobWarning>
