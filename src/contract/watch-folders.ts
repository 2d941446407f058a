import { OutputRequest } from './job.js'
import { Closed, Enum, Nullable, type Static, Timestamp, Type } from './schema.js'

/** What becomes of an input once its job has completed. */
export const AFTERWARDS = ['keep', 'move', 'delete'] as const

/** How a file of a watch folder stands. */
export const WATCH_STATES = [
  'settling',
  'being-written',
  'waiting',
  'submitted',
  'done',
  'skipped',
  'failed',
  'ignored',
] as const
export type WatchState = (typeof WATCH_STATES)[number]

const Words = (description: string) =>
  Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { minItems: 1, maxItems: 32, description }))
const Globs = (description: string) =>
  Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 256 }), { minItems: 1, maxItems: 64, description }))

const { arguments: _, ...outputFields } = OutputRequest.properties

/** The input is in the wanted form already, so that no job is made: everything that is said here holds. */
export const SkipIf = Closed(
  {
    container: Words(
      'Its container is one of these, by a name that `ffleet probe` gives it; MP4 and QuickTime are one family, `mp4` or `mov`.',
    ),
    videoCodec: Words('All its video is in one of these codecs.'),
    audioCodec: Words('All its audio is in one of these codecs.'),
    maxWidth: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 16_384, description: 'Its video is shown no wider, in pixels.' }),
    ),
    maxHeight: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 16_384, description: 'Its video is shown no higher, in pixels.' }),
    ),
  },
  { minProperties: 1, description: 'No job for an input of which all of this holds.' },
)
export type SkipIf = Static<typeof SkipIf>

/** What lands in a folder becomes a job by this. */
export const WatchRule = Closed(
  {
    name: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$', description: 'Unique among the rules.' }),
    folder: Type.String({
      maxLength: 1024,
      description: 'Relative to the media root; `.` is the root itself.',
    }),
    include: Globs(
      'Globs of the files that are taken, in any case; one without `/` is of the name alone. Default: names of video and audio.',
    ),
    exclude: Globs('Globs of files that are not taken all the same.'),
    recursive: Type.Optional(
      Type.Boolean({ default: false, description: 'Whether the folders inside are looked at, too.' }),
    ),
    preset: Type.Optional(
      Type.String({ minLength: 1, maxLength: 64, description: 'Makes one output by this preset; or say `outputs`.' }),
    ),
    outputs: Type.Optional(
      Type.Array(Closed(outputFields), {
        minItems: 1,
        maxItems: 16,
        description:
          'As of a job. In `path` stand `{folder}`, `{name}`, `{ext}`, `{preset}` and `{date}`; default `{folder}/{name}.{ext}`, of several outputs `{folder}/{name}-{preset}.{ext}`.',
      }),
    ),
    priority: Type.Optional(Type.Integer({ minimum: 0, maximum: 100, default: 0, description: 'Of its jobs.' })),
    tags: Type.Optional(
      Type.Record(Type.String({ minLength: 1, maxLength: 64 }), Type.String({ maxLength: 256 }), {
        maxProperties: 15,
        description: 'Of its jobs, beside `watch-folder`, which is the name of the rule.',
      }),
    ),
    afterwards: Type.Optional(
      Enum(AFTERWARDS, {
        default: 'keep',
        description: 'What becomes of the input once its job has completed, which is once its outputs are verified.',
      }),
    ),
    moveTo: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 1024,
        description: 'With `move`: the folder it is moved to, relative to the media root.',
      }),
    ),
    settleMs: Type.Optional(
      Type.Integer({
        minimum: 1_000,
        maximum: 86_400_000,
        default: 3_000,
        description: 'How long size and time of change must stay the same before a file counts as whole.',
      }),
    ),
    skipIf: Type.Optional(SkipIf),
  },
  { $id: 'WatchRule' },
)
export type WatchRule = Static<typeof WatchRule>

/** A rule as the processes that watch by it tell, and how its files stand. */
export const WatchFolder = Closed(
  {
    rule: Type.Ref('WatchRule'),
    counts: Type.Record(Type.String(), Type.Integer(), { description: 'Files by state.' }),
    host: Type.String({ description: 'Of the process that looked through it last.' }),
    lookedAt: Nullable(Timestamp, { description: 'When it was looked through last; null before the first time.' }),
    isWatched: Type.Boolean({ description: 'Whether a process does so now.' }),
    fault: Nullable(
      Type.String({ description: 'Why it could not be looked through the last time, or jobs are not taken.' }),
    ),
  },
  { $id: 'WatchFolder' },
)
export type WatchFolder = Omit<Static<typeof WatchFolder>, 'rule' | 'counts'> & {
  rule: WatchRule
  counts: Partial<Record<WatchState, number>>
}

/** One file that was seen in a watch folder. */
export const WatchedFile = Closed(
  {
    path: Type.String({ description: 'Relative to the media root.' }),
    rule: Type.String({ description: 'The rule that has it: the first one in the file that takes it.' }),
    state: Enum(WATCH_STATES),
    reason: Nullable(Type.String({ description: 'Why it stands so, in a sentence; null where the state says all.' })),
    code: Nullable(Type.String({ description: 'Of `failed`: what the job or its submission was refused with.' })),
    job: Nullable(Type.String({ description: 'The job that was made of it.' })),
    bytes: Type.Number(),
    modifiedAt: Timestamp,
    since: Timestamp,
    alsoTakenBy: Type.Array(Type.String(), {
      description: 'Rules that would take it, too, and do not because an earlier one does.',
    }),
  },
  { $id: 'WatchedFile' },
)
export type WatchedFile = Static<typeof WatchedFile>
