/** What a job is made from: a file or a part of it, or several after one another. */
import { Closed, Nullable, type Static, Type } from './schema.js'

/** Longest time that a request may name, 30 days. */
export const MAX_MS = 1_000 * 60 * 60 * 24 * 30

/** Inputs after one another, each counted as often as it is repeated. */
export const MAX_INPUTS = 99

const Uri = (description: string) => Type.String({ minLength: 1, maxLength: 4096, description })
const Fade = (description: string) => Type.Optional(Type.Integer({ minimum: 1, maximum: 60_000, description }))

/** Files of subtitles beside an input. */
export const MAX_SUBTITLE_FILES = 32

/** Subtitles in a file of their own, as if they were a track of the input. */
export const SubtitleFileRequest = Closed({
  /** SubRip, WebVTT or ASS, named as an input is. */
  uri: Uri('SubRip, WebVTT or ASS, named as an input is.'),
  /** By three letters (ISO 639-2), such as `eng`; default `und`. */
  language: Type.Optional(
    Type.String({
      pattern: '^[a-z]{3}$',
      description: 'By three letters (ISO 639-2), such as `eng`; default `und`.',
    }),
  ),
  /** What players call the track. */
  title: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      pattern: '^[^\\u0000-\\u001f\\u007f]*$',
      description: 'What players call the track.',
    }),
  ),
  /** Players show it unasked; default false. */
  default: Type.Optional(Type.Boolean({ description: 'Players show it unasked; default false.' })),
  /** It holds only what everybody has to read, such as signs and foreign speech; default false. */
  forced: Type.Optional(
    Type.Boolean({
      description: 'It holds only what everybody has to read, such as signs and foreign speech; default false.',
    }),
  ),
  /** Its times come so much later, or, below 0, earlier; default 0. */
  offsetMs: Type.Optional(
    Type.Integer({
      minimum: -MAX_MS,
      maximum: MAX_MS,
      description: 'Its times come so much later, or, below 0, earlier; default 0.',
    }),
  ),
})
/** By name, so that declarations keep the comments of its fields. */
export interface SubtitleFileRequest extends Static<typeof SubtitleFileRequest> {}

export const InputRequest = Closed({
  /** Path relative to the media root, or `job:<id>/<output>`: what that job delivers under that name. */
  uri: Uri('Path relative to the media root, or `job:<id>/<output>`: what that job delivers under that name.'),
  /** Begin at this time of the input; null: at its beginning. */
  startMs: Type.Optional(
    Nullable(
      Type.Integer({
        minimum: 0,
        maximum: MAX_MS,
        description: 'Begin at this time of the input; null: at its beginning.',
      }),
    ),
  ),
  /** End at this time of the input; null: at its end. */
  endMs: Type.Optional(
    Nullable(
      Type.Integer({ minimum: 0, maximum: MAX_MS, description: 'End at this time of the input; null: at its end.' }),
    ),
  ),
  /** How long the input is, where it does not tell itself; for the percent alone. */
  expectedDurationMs: Type.Optional(
    Nullable(
      Type.Integer({
        minimum: 1,
        maximum: MAX_MS,
        description: 'How long the input is, where it does not tell itself; for the percent alone.',
      }),
    ),
  ),
  /** How fast it is played, sound at its own pitch: 2 is twice as fast, 0.5 half as fast; default 1. */
  speed: Type.Optional(
    Type.Number({
      minimum: 0.25,
      maximum: 4,
      description: 'How fast it is played, sound at its own pitch: 2 is twice as fast, 0.5 half as fast; default 1.',
    }),
  ),
  /** Picture and sound come out of black and silence in this time; default not. */
  fadeInMs: Fade('Picture and sound come out of black and silence in this time; default not.'),
  /** Picture and sound go into black and silence in this time, at its end; default not. */
  fadeOutMs: Fade('Picture and sound go into black and silence in this time, at its end; default not.'),
  /** Of an input behind another: for how long it fades in over the end of that one, picture and sound; default not. */
  crossfadeMs: Fade(
    'Of an input behind another: for how long it fades in over the end of that one, picture and sound; default not.',
  ),
  /** How often it is played; default 1. */
  loop: Type.Optional(
    Type.Integer({ minimum: 1, maximum: MAX_INPUTS, description: 'How often it is played; default 1.' }),
  ),
  /** Of a still picture: how long it is shown; default as long as its `soundtrack`. */
  durationMs: Type.Optional(
    Type.Integer({
      minimum: 40,
      maximum: MAX_MS,
      description: 'Of a still picture: how long it is shown; default as long as its `soundtrack`.',
    }),
  ),
  /** A file, as `uri` names it, whose sound takes the place of its own; it ends where the picture does. */
  soundtrack: Type.Optional(
    Uri('A file, as `uri` names it, whose sound takes the place of its own; it ends where the picture does.'),
  ),
  /** Files of subtitles, which become tracks behind its own: kept, chosen by language, burnt or written by themselves, as `tracks` says. */
  subtitles: Type.Optional(
    Type.Array(Type.Unsafe<SubtitleFileRequest>(SubtitleFileRequest), {
      minItems: 1,
      maxItems: MAX_SUBTITLE_FILES,
      description:
        'Files of subtitles, which become tracks behind its own: kept, chosen by language, burnt or written by themselves, as `tracks` says.',
    }),
  ),
})
/** By name, so that declarations keep the comments of its fields. */
export interface InputRequest extends Static<typeof InputRequest> {}

/** What changes an input on its way, so that it is decoded and joined and cannot be copied. Each left out where it is not asked for. */
export const INPUT_EDITS = [
  'speed',
  'fadeInMs',
  'fadeOutMs',
  'crossfadeMs',
  'loop',
  'durationMs',
  'soundtrack',
] as const
export type InputEdits = Partial<Pick<InputRequest, (typeof INPUT_EDITS)[number]>>

/** One input after validation; what it shows of itself in a job. */
export type NormalizedInput = {
  uri: string
  /** What the sender of an upload calls the file; left out where there is no such name. It stays when the upload is removed. */
  name?: string
  startMs: number | null
  endMs: number | null
  expectedDurationMs: number | null
  /** Left out where there are none. */
  subtitles?: SubtitleFileRequest[]
} & InputEdits

/** What is played one after another. */
export function inputsOf<Input>({ input, inputs }: { input: Input; inputs?: Input[] }): Input[] {
  return inputs ?? [input]
}

/** Whether the outputs see something else than one file as it is. */
export function isSequence(job: { input: NormalizedInput; inputs?: NormalizedInput[] }): boolean {
  return inputsOf(job).length > 1 || INPUT_EDITS.some((edit) => job.input[edit] !== undefined)
}
