import { CommandRequest, OutputArguments } from './arguments.js'
import { ERROR_CODES } from './errors.js'
import { JOB_EVENT_TYPES } from './event-types.js'
import type { Forecast } from './forecast.js'
import { INPUT_EDITS, InputRequest, MAX_INPUTS, MAX_MS, type NormalizedInput } from './input.js'
import { LadderOverrides } from './ladder.js'
import { VideoOverrides } from './picture.js'
import { CHOSEN_CONTAINERS, type PresetName } from './preset.js'
import type { ProgressSnapshot } from './progress.js'
import { FoundQuality, Quality } from './quality.js'
import { Closed, Enum, Nullable, type Static, Timestamp, Type } from './schema.js'
import { AudioOverrides } from './sound.js'
import { Split } from './split.js'
import { JOB_STATES, PHASES } from './states.js'
import { PICTURE_FORMATS, SpriteOverrides } from './stills.js'
import { Tracks } from './tracks.js'
import type { JobWarning, OutputWarning } from './warnings.js'
import { DEFAULT_PROGRESS_INTERVAL_MS } from './webhook.js'

/*
 * The comment of each field of a request is what an editor shows on hover, its description what the reference and /docs show;
 * a test keeps the two equal.
 */

const PATH = { minLength: 1, maxLength: 1024 }

export const ON_EXISTS = ['fail', 'replace', 'rename'] as const
export type OnExists = (typeof ON_EXISTS)[number]

export const OutputRequest = Closed({
  /** Name of the recipe: a shipped one, or one of the operator; `arguments` for ffmpeg's own, where they are let through. */
  preset: Type.Unsafe<PresetName>(
    Type.String({
      minLength: 1,
      maxLength: 64,
      description:
        "Name of the recipe: a shipped one, or one of the operator; `arguments` for ffmpeg's own, where they are let through.",
    }),
  ),
  /** Relative to the output root; default <jobId>/<name>.<ext>. */
  path: Type.Optional(
    Type.String({ ...PATH, description: 'Relative to the output root; default <jobId>/<name>.<ext>.' }),
  ),
  /** Unique in the job; default is the preset. */
  name: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$',
      description: 'Unique in the job; default is the preset.',
    }),
  ),
  /**
   * When something is at the path already, or another job of the fleet goes there: refuse; replace it, in one step, once
   * the output is verified; or take the next free name, `name-2.ext`.
   */
  onExists: Type.Optional(
    Enum(ON_EXISTS, {
      default: 'fail',
      description:
        'When something is at the path already, or another job of the fleet goes there: refuse; replace it, in one step, once the output is verified; or take the next free name, `name-2.ext`.',
    }),
  ),
  /**
   * Encode it in parts, each kept when it is done and proved, and join them without encoding again: where that pays, `auto`; in parts of about
   * so many ms; or `never`, the default. For films with a `crf`.
   */
  split: Type.Optional(
    Type.Unsafe<Split>({
      ...Split,
      description:
        'Encode it in parts, each kept when it is done and proved, and join them without encoding again: where that pays, `auto`; in parts of about so many ms; or `never`, the default. For films with a `crf`.',
    }),
  ),
  /** Of a film, or `vtt`, `srt`, `ass` of subtitles; default is what the extension of `path` says, else the preset's. Sound that it does not hold gets the codec that it does. */
  container: Type.Optional(
    Enum(CHOSEN_CONTAINERS, {
      description:
        "Of a film, or `vtt`, `srt`, `ass` of subtitles; default is what the extension of `path` says, else the preset's. Sound that it does not hold gets the codec that it does.",
    }),
  ),
  /** Of pictures that are taken of a film; default is what the extension of `path` says, else the preset's. */
  format: Type.Optional(
    Enum(PICTURE_FORMATS, {
      description:
        "Of pictures that are taken of a film; default is what the extension of `path` says, else the preset's.",
    }),
  ),
  /** In the place of a `crf`: what that is to achieve. For a preset of a film that has a crf. */
  quality: Type.Optional(Type.Unsafe<Quality>(Quality)),
  /** In the place of the preset's; for a preset that encodes video. */
  video: Type.Optional(Type.Unsafe<VideoOverrides>(VideoOverrides)),
  /** In the place of the preset's; for a preset that encodes audio. */
  audio: Type.Optional(Type.Unsafe<AudioOverrides>(AudioOverrides)),
  /** In the place of the preset's; for a preset that puts stills together. */
  sprites: Type.Optional(Type.Unsafe<SpriteOverrides>(SpriteOverrides)),
  /** In the place of the preset's; for a preset that makes a ladder. */
  ladder: Type.Optional(Type.Unsafe<LadderOverrides>(LadderOverrides)),
  /**
   * What of the input's tracks the output carries. A film that is encoded has the first audio track and the metadata unless
   * this says otherwise; a copy has all that its container holds, a ladder all sounds and subtitles of text.
   */
  tracks: Type.Optional(Type.Unsafe<Tracks>(Tracks)),
  /** Of the preset `arguments`: options of ffmpeg for this output, such as `-c:v`, `libx264`. The file itself is `path`. */
  arguments: Type.Optional(OutputArguments),
})
export type OutputRequest = Static<typeof OutputRequest>

export const WebhookRequest = Closed(
  {
    /** Where events are sent by POST: http or https, at a public address. */
    url: Type.String({
      minLength: 1,
      maxLength: 2048,
      description: 'Where events are sent by POST: http or https, at a public address.',
    }),
    /** Types of events that are sent; default `job.completed`, `job.failed` and `job.cancelled`. */
    events: Type.Optional(
      Type.Array(Enum(JOB_EVENT_TYPES), {
        minItems: 1,
        maxItems: 16,
        description: 'Types of events that are sent; default `job.completed`, `job.failed` and `job.cancelled`.',
      }),
    ),
    /** Least time between two deliveries of `progress`, each the newest there is; default 5,000. */
    progressIntervalMs: Type.Optional(
      Type.Integer({
        minimum: 1_000,
        maximum: 3_600_000,
        default: DEFAULT_PROGRESS_INTERVAL_MS,
        description: 'Least time between two deliveries of `progress`, each the newest there is; default 5,000.',
      }),
    ),
  },
  { description: 'Who is told what happens to the job, by signed requests.' },
)
export type WebhookRequest = Static<typeof WebhookRequest>

/** Jobs that one job names in `after`. */
const MAX_AFTER = 16
const JobId = Type.String({ minLength: 1, maxLength: 64 })

/** `POST /v1/jobs`. Unknown fields are refused with a JSON pointer, never ignored. */
export const JobRequest = Closed(
  {
    /** Path relative to the media root, or `job:<id>/<output>` for a file that another job delivers; or that and a part of it. */
    input: Type.Optional(
      Type.Union([Type.String({ minLength: 1, maxLength: 4096 }), Type.Unsafe<InputRequest>(InputRequest)], {
        description:
          'Path relative to the media root, or `job:<id>/<output>` for a file that another job delivers; or that and a part of it.',
      }),
    ),
    /** In its place: what is played one after another, as one film or one sound, each as `input`. */
    inputs: Type.Optional(
      Type.Array(
        Type.Union([Type.String({ minLength: 1, maxLength: 4096 }), Type.Unsafe<InputRequest>(InputRequest)]),
        {
          minItems: 1,
          maxItems: MAX_INPUTS,
          description: 'In its place: what is played one after another, as one film or one sound, each as `input`.',
        },
      ),
    ),
    /** What is made of it; outputs that need one pass share one decode. */
    outputs: Type.Array(OutputRequest, {
      minItems: 1,
      maxItems: 16,
      description: 'What is made of it; outputs that need one pass share one decode.',
    }),
    /** Beside outputs of the preset `arguments`: what ffmpeg is told of the inputs. */
    arguments: Type.Optional(CommandRequest),
    /** Higher runs first; default 0. */
    priority: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 100, default: 0, description: 'Higher runs first; default 0.' }),
    ),
    /** Tries before the job fails, where another one may help; default 3. */
    maxAttempts: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 10,
        default: 3,
        description: 'Tries before the job fails, where another one may help; default 3.',
      }),
    ),
    /** Limit on one attempt's wall time. */
    timeoutMs: Type.Optional(
      Nullable(Type.Integer({ minimum: 1, maximum: MAX_MS, description: "Limit on one attempt's wall time." })),
    ),
    /** Run no sooner than this after it was sent, or after the last job of `after` completed; default 0. */
    delayMs: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: MAX_MS,
        default: 0,
        description:
          'Run no sooner than this after it was sent, or after the last job of `after` completed; default 0.',
      }),
    ),
    /** Id of a job, or several: run only when all of them have completed; it fails when one of them does not. */
    after: Type.Optional(
      Type.Union([JobId, Type.Array(JobId, { minItems: 1, maxItems: MAX_AFTER })], {
        description:
          'Id of a job, or several: run only when all of them have completed; it fails when one of them does not.',
      }),
    ),
    /** Words of your own, by which jobs are listed. */
    tags: Type.Optional(
      Type.Record(Type.String({ minLength: 1, maxLength: 64 }), Type.String({ maxLength: 256 }), {
        maxProperties: 16,
        description: 'Words of your own, by which jobs are listed.',
      }),
    ),
    /** Who is told what happens to the job, by signed requests. */
    webhook: Type.Optional(WebhookRequest),
  },
  { $id: 'JobRequest', examples: [{ input: 'in.mp4', outputs: [{ preset: 'h264-720p' }] }] },
)
export type JobRequest = Static<typeof JobRequest>

export const JobError = Closed(
  {
    code: Enum(ERROR_CODES),
    title: Type.String(),
    detail: Type.String(),
    retryable: Type.Boolean(),
    hint: Type.String(),
    attempt: Type.Integer({ minimum: 0 }),
    at: Timestamp,
  },
  { $id: 'JobError' },
)
export type JobError = Static<typeof JobError>

export const JobInput = Closed(
  {
    uri: Type.String(),
    name: Type.Optional(
      Type.String({
        description:
          'Of an upload: what its sender calls the file, as a person would. It stays when the upload is removed. Left out where there is no such name.',
      }),
    ),
    startMs: Nullable(Type.Number()),
    endMs: Nullable(Type.Number()),
    expectedDurationMs: Nullable(Type.Number()),
    ...Type.Partial(Type.Pick(InputRequest, [...INPUT_EDITS, 'subtitles'])).properties,
  },
  { $id: 'JobInput', description: 'What is done to it on the way is left out where nothing was asked for.' },
)
export type JobInput = NormalizedInput

/** What a job waits for before it waits for its turn. */
export const WAITS_FOR = ['quota', 'job', 'upload', 'encoder'] as const

/** That an output can be played, before it is published or since. */
export const Playable = Closed(
  {
    afterMs: Type.Integer({
      minimum: 0,
      description: 'How long after the attempt began its first segments were verified.',
    }),
    href: Type.String({
      description:
        'For players: the list of its rungs. It stays while the attempt runs, and when that has published the output; else 410, `OUTPUT_WITHDRAWN`.',
    }),
    attempt: Type.Integer({ minimum: 1, description: 'That makes it, or made it.' }),
  },
  { $id: 'Playable' },
)
export type Playable = Static<typeof Playable>

/** One thing a job delivers; `bytes`, `durationMs` and `sha256` are null until it is published. */
export const JobOutput = Closed(
  {
    name: Type.String(),
    preset: Type.String(),
    path: Type.String(),
    mediaType: Type.String(),
    bytes: Nullable(Type.Integer()),
    durationMs: Nullable(Type.Number()),
    sha256: Nullable(
      Type.String({ description: 'Hex; of a folder, of its sorted manifest lines "<sha256>  <path>".' }),
    ),
    href: Nullable(Type.String()),
    playable: Type.Optional(
      Nullable(Type.Ref('Playable'), {
        description:
          'Since when it can be played, where that was asked for while it is encoded; null: not yet, or not any more. Left out elsewhere.',
      }),
    ),
    quality: Type.Optional(
      Type.Unsafe<FoundQuality>({
        ...FoundQuality,
        description: 'What was found for it; left out where nothing was sought.',
      }),
    ),
    warnings: Type.Array(Type.Ref('OutputWarning')),
  },
  { $id: 'JobOutput' },
)
export type JobOutput = Omit<Static<typeof JobOutput>, 'playable' | 'warnings'> & {
  playable?: Playable | null
  warnings: OutputWarning[]
}

export const Job = Closed(
  {
    id: Type.String(),
    state: Enum(JOB_STATES),
    phase: Nullable(Enum(PHASES)),
    attempt: Type.Integer({ minimum: 0, description: 'The newest attempt; 0 before the first.' }),
    maxAttempts: Type.Integer(),
    priority: Type.Integer(),
    tags: Type.Record(Type.String(), Type.String()),
    input: Type.Ref('JobInput'),
    inputs: Type.Optional(
      Type.Array(Type.Ref('JobInput'), {
        description: 'What is played one after another, `input` first. Left out where there is that alone.',
      }),
    ),
    outputs: Type.Array(Type.Ref('JobOutput')),
    progress: Nullable(Type.Ref('ProgressSnapshot')),
    error: Nullable(Type.Ref('JobError')),
    warnings: Type.Array(Type.Ref('JobWarning'), {
      description: 'What a person should know of the outputs that are published, although all is well.',
    }),
    queuePosition: Nullable(Type.Integer({ minimum: 1, description: '1 is next; null unless waiting.' })),
    waitsFor: Type.Optional(
      Enum(WAITS_FOR, {
        description:
          'Why it is not its turn: `quota`, its tenant runs as many jobs as it may; `job`, one of `after` has not completed; `upload`, an input is still being sent; `encoder`, it names one that no worker with a free slot can use now. Left out where it only waits.',
      }),
    ),
    after: Type.Optional(
      Type.Array(Type.String(), {
        description: 'The jobs that it follows, also those of `job:` inputs. Left out where it follows none.',
      }),
    ),
    forecast: Nullable(Type.Ref('Forecast'), {
      description: 'Null while nothing is known, such as of a paused queue, and once the job has ended.',
    }),
    worker: Nullable(Type.String()),
    timeoutMs: Nullable(Type.Number()),
    createdAt: Timestamp,
    startedAt: Nullable(Timestamp),
    finishedAt: Nullable(Timestamp),
    links: Closed({
      self: Type.String(),
      events: Type.String(),
      report: Type.String(),
      log: Type.String(),
      watch: Type.String({
        description: 'The events, with a signed token: a browser may follow this one job without a key.',
      }),
    }),
  },
  { $id: 'Job' },
)

/** The job resource. (Written out because its schema refers to others by name.) */
export type Job = Omit<
  Static<typeof Job>,
  'input' | 'inputs' | 'outputs' | 'progress' | 'error' | 'warnings' | 'forecast'
> & {
  input: JobInput
  inputs?: JobInput[]
  outputs: JobOutput[]
  warnings: JobWarning[]
  progress: ProgressSnapshot | null
  error: JobError | null
  forecast: Forecast | null
}
