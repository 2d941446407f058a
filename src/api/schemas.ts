/** Schemas of answers that `src/contract` gives as types alone, and the pieces that routes are documented with. */
import {
  ATTEMPT_OUTCOMES,
  Delivery,
  DeliveryLog,
  DirectUpload,
  DirectUploadRequest,
  DryRun,
  DryRunWarning,
  type ErrorCode,
  errorSpec,
  Forecast,
  JOB_STATES,
  Job,
  JobError,
  JobInput,
  JobOutput,
  JobPlan,
  JobPreview,
  JobRequest,
  JobWarning,
  LOG_LEVELS,
  OutputWarning,
  Playable,
  Preset,
  Problem,
  ProgressSnapshot,
  QueueHistory,
  QueueInfo,
  ReplayRequest,
  Schedule,
  ScheduleRequest,
  ScheduleRun,
  Session,
  Upload,
  Usage,
  UsageDay,
  WatchedFile,
  WatchFolder,
  WatchRule,
  WebhookSecret,
  WorkerInfo,
} from '../contract/index.js'
import { FoundQuality } from '../contract/quality.js'
import { Closed, Enum, Nullable, Timestamp, Type } from '../contract/schema.js'

const Figure = Nullable(Type.Number())
const Text = Nullable(Type.String())

const Chromaticity = Type.Array(Type.Number(), { minItems: 2, maxItems: 2 })

const HdrMetadata = Closed(
  {
    masteringDisplay: Nullable(
      Closed({
        red: Chromaticity,
        green: Chromaticity,
        blue: Chromaticity,
        white: Chromaticity,
        minLuminance: Type.Number(),
        maxLuminance: Type.Number(),
      }),
    ),
    contentLight: Nullable(Closed({ max: Type.Number(), average: Type.Number() })),
    dolbyVision: Nullable(Closed({ profile: Type.Integer(), compatibility: Type.Integer() })),
  },
  {
    description:
      'Of video of high dynamic range that tells more than its curve; chromaticities by CIE 1931, light in cd/m².',
  },
)

const ProbeStream = Closed(
  {
    index: Type.Integer(),
    type: Enum(['video', 'audio', 'subtitle', 'data', 'attachment'] as const),
    codec: Text,
    durationUs: Figure,
    startUs: Figure,
    clockJumps: Type.Boolean(),
    packets: Figure,
    bitrate: Figure,
    language: Text,
    isDefault: Type.Boolean(),
    attachedPicture: Type.Boolean({ description: 'Cover art, which never counts as video.' }),
    encrypted: Type.Boolean(),
    width: Figure,
    height: Figure,
    displayWidth: Figure,
    displayHeight: Figure,
    rotation: Type.Number(),
    frameRate: Figure,
    constantFrameRate: Type.Boolean(),
    frames: Figure,
    presentationTimes: Nullable(Type.Boolean()),
    lastFrameUs: Figure,
    profile: Type.Optional(Type.String({ description: 'Of ProRes and DNxHR, such as `hq`.' })),
    pixelFormat: Text,
    transfer: Text,
    primaries: Text,
    matrix: Text,
    range: Text,
    hdr: Type.Optional(HdrMetadata),
    interlaced: Type.Boolean(),
    channels: Figure,
    channelLayout: Text,
    sampleRate: Figure,
  },
  { $id: 'ProbeStream' },
)

const Probe = Closed(
  {
    container: Type.String(),
    bytes: Type.Number(),
    durationUs: Figure,
    promisedUs: Figure,
    bitrate: Figure,
    streams: Type.Array(Type.Ref('ProbeStream')),
    chapters: Figure,
    tags: Type.Record(Type.String(), Type.String()),
    by: Enum(['mediabunny', 'ffprobe', 'ffleet'] as const, { description: 'Which reader answered.' }),
  },
  { $id: 'Probe' },
)

const PassReport = Closed(
  {
    label: Type.String(),
    ffmpeg: Type.String({ description: 'Version of ffmpeg.' }),
    argv: Type.Array(Type.String(), { description: 'As spawned, secrets and host folders redacted.' }),
    exitCode: Figure,
    signal: Text,
    sawEnd: Type.Boolean(),
    summary: Closed({
      frames: Figure,
      outTimeUs: Figure,
      bytes: Figure,
      averageFps: Figure,
      averageSpeed: Figure,
      wallMs: Type.Number(),
      cpuUserMs: Figure,
      cpuSystemMs: Figure,
      maxRssBytes: Figure,
    }),
    timeline: Closed({
      columns: Type.Array(Type.String()),
      rows: Type.Array(Type.Array(Figure), { description: 'At most 1,000, thinned evenly.' }),
    }),
    warnings: Type.Array(Type.String()),
    errors: Type.Array(Type.String()),
    logTail: Type.Array(Type.String()),
  },
  { $id: 'PassReport' },
)

const Diagnosis = Closed(
  {
    code: Type.String(),
    title: Type.String(),
    culprit: Nullable(Type.String({ description: "The line of ffmpeg's log that says it best." })),
    hint: Type.String(),
    retryable: Type.Boolean(),
    reproduce: Nullable(Type.String({ description: 'A command line that reproduces the pass by hand.' })),
  },
  { $id: 'Diagnosis' },
)

const SourceReport = Closed({
  uri: Type.String({ description: 'Without what it was signed with.' }),
  bytes: Type.Integer(),
  seconds: Type.Number({
    description: 'Until it was there, waiting for room and for others who fetched the same included.',
  }),
  etag: Nullable(Type.String()),
  lastModified: Nullable(Type.String()),
  reused: Type.Boolean({
    description: 'The worker had it already, and its server said that it still is the same.',
  }),
})

const AttemptReport = Closed(
  {
    attempt: Type.Integer(),
    worker: Type.String(),
    host: Type.String(),
    startedAt: Timestamp,
    finishedAt: Nullable(Timestamp),
    outcome: Enum(ATTEMPT_OUTCOMES),
    error: Nullable(Type.Ref('JobError')),
    diagnosis: Nullable(Type.Ref('Diagnosis')),
    passes: Type.Array(Type.Ref('PassReport')),
    sources: Type.Optional(
      Type.Array(SourceReport, { description: 'Inputs that were fetched; left out where there were none.' }),
    ),
  },
  { $id: 'AttemptReport' },
)

const Verdict = Nullable(
  Type.Boolean({
    description: 'true: checked and right; false: right but for what a warning says; null: not checked.',
  }),
)

const Report = Closed(
  {
    jobId: Type.String(),
    state: Enum(JOB_STATES),
    input: Nullable(Type.Ref('Probe')),
    attempts: Type.Array(Type.Ref('AttemptReport')),
    outputs: Type.Array(
      Closed({
        name: Type.String(),
        probe: Nullable(Type.Ref('Probe')),
        verified: Closed({ duration: Verdict, streams: Verdict, decodes: Verdict }),
        loudness: Type.Optional(
          Closed(
            { integratedLufs: Nullable(Type.Number()), truePeakDbtp: Nullable(Type.Number()) },
            {
              description: 'As it was heard in the output, null for silence; left out where no loudness was asked for.',
            },
          ),
        ),
        lossless: Type.Optional(
          Closed(
            {
              frames: Type.Integer({ description: 'How many pictures were compared.' }),
              md5: Type.String({
                description: "MD5 of their MD5s, each on a line, as ffmpeg's `framemd5` lists them.",
              }),
            },
            {
              description:
                'Every picture of the output hashes to that of the input; left out where it was not to be without loss.',
            },
          ),
        ),
        quality: Type.Optional(
          Type.Unsafe<FoundQuality>({
            ...FoundQuality,
            description: 'What was found for it; left out where nothing was sought.',
          }),
        ),
        warnings: Type.Optional(
          Type.Array(Type.String(), {
            description: 'What to know although all is well, such as an input that is shorter than its header says.',
          }),
        ),
      }),
    ),
    error: Nullable(Type.Ref('JobError')),
  },
  { $id: 'Report' },
)

/** The answer that lists some of a kind. */
const listOf = (name: string, $id: string) => Closed({ items: Type.Array(Type.Ref(name)) }, { $id })

const JobPage = Closed(
  {
    items: Type.Array(Type.Ref('Job')),
    nextCursor: Nullable(Type.String({ description: 'Asks for the next page; null on the last.' })),
    lastEventId: Type.String({
      description: 'Of the events of the fleet: those after it are what the list does not know yet.',
    }),
  },
  { $id: 'JobPage' },
)

const MediaPage = Closed(
  {
    items: Type.Array(
      Closed({
        name: Type.String(),
        path: Type.String({ description: 'Relative to the media root: what a job names as its input.' }),
        kind: Enum(['folder', 'video', 'audio', 'picture', 'other'] as const, {
          description: 'By the extension; what a file really is, its probe tells.',
        }),
        bytes: Nullable(Type.Integer({ description: 'Null for a folder.' })),
        modifiedAt: Nullable(Timestamp, { description: 'Null for a folder of a bucket, which has none.' }),
      }),
    ),
    nextCursor: Nullable(Type.String({ description: 'Asks for the next page; null on the last.' })),
  },
  { $id: 'MediaPage' },
)

const WatchedFilePage = Closed(
  {
    items: Type.Array(Type.Ref('WatchedFile')),
    nextCursor: Nullable(Type.String({ description: 'Asks for the next page; null on the last.' })),
  },
  { $id: 'WatchedFilePage' },
)

const LogPage = Closed(
  {
    attempt: Type.Integer({ description: 'Offsets are those of its log: give it with them.' }),
    bytes: Type.Integer({ description: 'Of the whole log, now.' }),
    items: Type.Array(
      Closed({
        at: Type.Integer({ description: 'Where the line begins, in bytes.' }),
        level: Nullable(Enum(LOG_LEVELS)),
        text: Type.String({ description: 'Without its level; cut at 4,096 characters, with `…` for what is gone.' }),
      }),
      {
        description:
          'Oldest first. At most 16 MiB are looked through: may be fewer than asked for, even none, while there are more. While the attempt runs, the last line is left out until it is whole.',
      },
    ),
    previous: Nullable(Type.Integer({ description: 'The `before` that goes on; null where no line is left.' })),
    next: Nullable(
      Type.Integer({ description: 'The `after` that goes on; null where no line is left and none will come.' }),
    ),
  },
  { $id: 'LogPage' },
)

const OutputFiles = Closed(
  {
    items: Type.Array(
      Closed({
        path: Type.String({ description: 'Inside the output, `/` as separator.' }),
        bytes: Type.Integer(),
        href: Type.String(),
      }),
    ),
  },
  { $id: 'OutputFiles' },
)

/** Every schema with a name, by it. */
export const SCHEMAS = [
  JobRequest,
  Job,
  JobError,
  JobInput,
  JobOutput,
  Playable,
  Forecast,
  JobWarning,
  OutputWarning,
  DryRun,
  DryRunWarning,
  JobPreview,
  JobPlan,
  JobPage,
  MediaPage,
  ProgressSnapshot,
  Preset,
  listOf('Preset', 'PresetList'),
  Problem,
  QueueInfo,
  QueueHistory,
  listOf('Job', 'JobList'),
  WorkerInfo,
  listOf('WorkerInfo', 'WorkerList'),
  ScheduleRequest,
  Schedule,
  listOf('Schedule', 'ScheduleList'),
  ScheduleRun,
  listOf('ScheduleRun', 'ScheduleRunList'),
  OutputFiles,
  LogPage,
  Report,
  AttemptReport,
  Diagnosis,
  PassReport,
  Probe,
  ProbeStream,
  Session,
  Upload,
  DirectUploadRequest,
  DirectUpload,
  Usage,
  UsageDay,
  WatchRule,
  WatchFolder,
  listOf('WatchFolder', 'WatchFolderList'),
  WatchedFile,
  WatchedFilePage,
  Delivery,
  DeliveryLog,
  ReplayRequest,
  WebhookSecret,
]

/** What the request for a job is refused with, wherever it is given. */
export const REQUEST_REFUSALS = [
  'INVALID_REQUEST',
  'PATH_OUTSIDE_ROOT',
  'NOT_A_REGULAR_FILE',
  'INPUT_NOT_FOUND',
  'INPUT_NOT_READABLE',
  'SCHEME_NOT_ALLOWED',
  'URL_NOT_PUBLIC',
  'PRESET_NOT_FOUND',
  'PREDECESSOR_NOT_FOUND',
  'PREDECESSOR_FAILED',
  'ARGUMENTS_NOT_ACCEPTED',
  'ARGUMENT_NOT_ALLOWED',
  'OUTPUT_NOT_WRITABLE',
] as const satisfies readonly ErrorCode[]

type Answer = { description: string; content?: Record<string, { schema: object }> }

/** An answer of a named schema as JSON. */
export function json(name: string, description: string): Answer {
  return { description, content: { 'application/json': { schema: { $ref: `${name}#` } } } }
}

/** An answer of other media types. */
export function media(description: string, ...types: string[]): Answer {
  return { description, content: Object.fromEntries(types.map((type) => [type, { schema: { type: 'string' } }])) }
}

/** An answer that is a problem. */
export function problemAs(description: string): Answer {
  return { description, content: { 'application/problem+json': { schema: { $ref: 'Problem#' } } } }
}

/** The refusals of a route by their status, with their codes; every route may fail unforeseen, and refuse who asks, who asks too much, or what it does not know. */
export function problems(...codes: ErrorCode[]): Record<string, Answer> {
  const answers: Record<string, Answer> = {}
  for (const code of new Set([
    ...codes,
    'INVALID_REQUEST',
    'UNAUTHENTICATED',
    'FORBIDDEN',
    'RATE_LIMITED',
    'INTERNAL_ERROR',
  ] as const)) {
    const { status, title } = errorSpec(code)
    const description = `\`${code}\`: ${title}.`
    const same = answers[String(status)]
    if (same) same.description += ` ${description}`
    else answers[String(status)] = problemAs(description)
  }
  return answers
}
