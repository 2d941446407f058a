import { ERROR_CODES } from './errors.js'
import type { ProgressSnapshot } from './progress.js'
import { Closed, Enum, Nullable, type Static, Timestamp, Type } from './schema.js'
import { JOB_STATES, PHASES } from './states.js'
import type { JobWarning, OutputWarning } from './warnings.js'

export const VideoOverrides = Closed({
  crf: Type.Optional(Type.Number({ minimum: 0, maximum: 63, description: 'Constant rate factor; lower is better.' })),
  bitrate: Type.Optional(Type.Integer({ minimum: 10_000, maximum: 200_000_000, description: 'Bits per second.' })),
  width: Type.Optional(Type.Integer({ minimum: 16, maximum: 16_384, description: 'Upper bound; never upscales.' })),
  height: Type.Optional(Type.Integer({ minimum: 16, maximum: 16_384, description: 'Upper bound; never upscales.' })),
  maxFrameRate: Type.Optional(
    Type.Number({ minimum: 1, maximum: 240, description: 'Upper bound, in frames a second.' }),
  ),
})
export type VideoOverrides = Static<typeof VideoOverrides>

export const AudioOverrides = Closed({
  bitrate: Type.Optional(Type.Integer({ minimum: 8_000, maximum: 1_000_000, description: 'Bits per second.' })),
  channels: Type.Optional(Type.Integer({ minimum: 1, maximum: 8, description: 'Upper bound.' })),
})
export type AudioOverrides = Static<typeof AudioOverrides>

const PATH = { minLength: 1, maxLength: 1024 }

export const ON_EXISTS = ['fail', 'replace', 'rename'] as const
export type OnExists = (typeof ON_EXISTS)[number]

export const OutputRequest = Closed({
  preset: Type.String({ minLength: 1, maxLength: 64 }),
  path: Type.Optional(
    Type.String({ ...PATH, description: 'Relative to the output root; default <jobId>/<name>.<ext>.' }),
  ),
  name: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$',
      description: 'Unique in the job; default is the preset.',
    }),
  ),
  onExists: Type.Optional(
    Enum(ON_EXISTS, {
      default: 'fail',
      description:
        'When something is at the path already, or another job of the fleet goes there: refuse; replace it, in one step, once the output is verified; or take the next free name, `name-2.ext`.',
    }),
  ),
  video: Type.Optional(VideoOverrides),
  audio: Type.Optional(AudioOverrides),
})
export type OutputRequest = Static<typeof OutputRequest>

const MAX_MS = 1_000 * 60 * 60 * 24 * 30
const Milliseconds = Type.Integer({ minimum: 0, maximum: MAX_MS })

export const InputRequest = Closed({
  uri: Type.String({ minLength: 1, maxLength: 4096 }),
  startMs: Type.Optional(Nullable(Milliseconds)),
  endMs: Type.Optional(Nullable(Milliseconds)),
  expectedDurationMs: Type.Optional(Nullable(Type.Integer({ minimum: 1, maximum: MAX_MS }))),
})

export const WebhookRequest = Closed({
  url: Type.String({ minLength: 1, maxLength: 2048 }),
  events: Type.Optional(Type.Array(Type.String(), { minItems: 1, maxItems: 16 })),
})

/** `POST /v1/jobs`. Unknown fields are refused with a JSON pointer, never ignored. */
export const JobRequest = Closed(
  {
    input: Type.Union([Type.String({ minLength: 1, maxLength: 4096 }), InputRequest]),
    outputs: Type.Array(OutputRequest, { minItems: 1, maxItems: 16 }),
    priority: Type.Optional(Type.Integer({ minimum: 0, maximum: 100, default: 0, description: 'Higher runs first.' })),
    maxAttempts: Type.Optional(Type.Integer({ minimum: 1, maximum: 10, default: 3 })),
    timeoutMs: Type.Optional(
      Nullable(Type.Integer({ minimum: 1, maximum: MAX_MS, description: "Limit on one attempt's wall time." })),
    ),
    delayMs: Type.Optional(Type.Integer({ minimum: 0, maximum: MAX_MS, default: 0 })),
    tags: Type.Optional(
      Type.Record(Type.String({ minLength: 1, maxLength: 64 }), Type.String({ maxLength: 256 }), { maxProperties: 16 }),
    ),
    webhook: Type.Optional(WebhookRequest),
  },
  { $id: 'JobRequest' },
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
    warnings: Type.Array(Type.Ref('OutputWarning')),
  },
  { $id: 'JobOutput' },
)
export type JobOutput = Omit<Static<typeof JobOutput>, 'warnings'> & { warnings: OutputWarning[] }

export const Job = Closed(
  {
    id: Type.String(),
    state: Enum(JOB_STATES),
    phase: Nullable(Enum(PHASES)),
    attempt: Type.Integer({ minimum: 0, description: 'The newest attempt; 0 before the first.' }),
    maxAttempts: Type.Integer(),
    priority: Type.Integer(),
    tags: Type.Record(Type.String(), Type.String()),
    input: Closed({
      uri: Type.String(),
      startMs: Nullable(Type.Number()),
      endMs: Nullable(Type.Number()),
      expectedDurationMs: Nullable(Type.Number()),
    }),
    outputs: Type.Array(Type.Ref('JobOutput')),
    progress: Nullable(Type.Ref('ProgressSnapshot')),
    error: Nullable(Type.Ref('JobError')),
    warnings: Type.Array(Type.Ref('JobWarning'), {
      description: 'What a person should know of the outputs that are published, although all is well.',
    }),
    queuePosition: Nullable(Type.Integer({ minimum: 1, description: '1 is next; null unless waiting.' })),
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
export type Job = Omit<Static<typeof Job>, 'outputs' | 'progress' | 'error' | 'warnings'> & {
  outputs: JobOutput[]
  warnings: JobWarning[]
  progress: ProgressSnapshot | null
  error: JobError | null
}
