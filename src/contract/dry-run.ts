/** What `POST /v1/jobs?dryRun=true` answers: what would become of a job, without making one. */
import type { Forecast } from './forecast.js'
import type { JobError, JobInput } from './job.js'
import type { Probe } from './report.js'
import { Closed, Enum, Nullable, type Static, Type } from './schema.js'
import { type OutputWarning, WARNING_CODES } from './warnings.js'

const Figure = Nullable(Type.Number())

/** The job that would be made: what was asked for, presets looked up, defaults filled in. It has no id. */
export const JobPreview = Closed(
  {
    input: Type.Ref('JobInput'),
    inputs: Type.Optional(
      Type.Array(Type.Ref('JobInput'), { description: 'Played one after another. Left out where there is one.' }),
    ),
    outputs: Type.Array(
      Closed({
        name: Type.String(),
        preset: Type.String(),
        path: Nullable(Type.String({ description: 'Null where the id of the job will be in it.' })),
        mediaType: Type.String(),
      }),
    ),
    priority: Type.Integer(),
    maxAttempts: Type.Integer(),
    timeoutMs: Figure,
    delayMs: Type.Number(),
    after: Type.Optional(Type.Array(Type.String(), { description: 'The jobs that it would follow.' })),
    tags: Type.Record(Type.String(), Type.String()),
  },
  { $id: 'JobPreview' },
)
export type JobPreview = Omit<Static<typeof JobPreview>, 'input' | 'inputs'> & { input: JobInput; inputs?: JobInput[] }

/** One ffmpeg process that would run. */
const JobPlanPass = Closed({
  label: Type.String(),
  outputs: Type.Array(Type.String(), { description: 'Names of the outputs that are made together.' }),
  argv: Type.Array(Type.String(), {
    description: 'As the report will show it; in angle brackets stands what the pass `measure` has yet to tell.',
  }),
  expected: Closed({ durationUs: Figure, frames: Figure }),
})

const JobPlanOutput = Closed({
  name: Type.String(),
  expectedBytes: Nullable(
    Type.Integer({
      description:
        'What bit rates and length come to, which a simple picture does not use up, or the share of the input that is copied; null where the preset aims at a quality.',
    }),
  ),
  durationUs: Figure,
  streams: Closed({ video: Type.Integer(), audio: Type.Integer(), subtitle: Type.Integer() }),
  warnings: Type.Array(Type.Ref('OutputWarning')),
})

/** What the worker that was asked would do. Without passes and outputs where it would refuse the input. */
export const JobPlan = Closed(
  {
    probe: Type.Ref('Probe'),
    passes: Type.Array(JobPlanPass, { description: 'In their order; empty where the job would be refused.' }),
    outputs: Type.Array(JobPlanOutput, { description: 'As asked for; empty where the job would be refused.' }),
  },
  { $id: 'JobPlan' },
)
export type JobPlan = {
  probe: Probe
  passes: Static<typeof JobPlanPass>[]
  outputs: (Omit<Static<typeof JobPlanOutput>, 'warnings'> & { warnings: OutputWarning[] })[]
}

/** A warning of one output by its name, or of the whole answer. */
export const DryRunWarning = Closed(
  {
    code: Enum(WARNING_CODES),
    detail: Type.String({ description: 'A sentence for people.' }),
    output: Nullable(Type.String({ description: 'Null for what concerns no single output.' })),
  },
  { $id: 'DryRunWarning' },
)
export type DryRunWarning = Static<typeof DryRunWarning>

/** Everything that can be told of a job without encoding. */
export const DryRun = Closed(
  {
    job: Type.Ref('JobPreview'),
    worker: Nullable(
      Type.String({ description: 'Which worker looked at the input; another one may have another ffmpeg.' }),
    ),
    plan: Type.Union([Type.Ref('JobPlan'), Type.Null()], { description: 'Null where the input was not probed.' }),
    refusal: Type.Union([Type.Ref('JobError'), Type.Null()], {
      description:
        'What the job would fail with before anything is encoded; null: nothing is known to stand against it.',
    }),
    forecast: Type.Union([Type.Ref('Forecast'), Type.Null()], {
      description: 'As if it were sent now; null where that is not known, or it would be refused.',
    }),
    warnings: Type.Array(Type.Ref('DryRunWarning'), {
      description: 'Of the outputs, and `NOT_INSPECTED` where no worker looked at the input.',
    }),
  },
  { $id: 'DryRun' },
)
export type DryRun = Pick<Static<typeof DryRun>, 'worker'> & {
  job: JobPreview
  /** As if it were sent now; null where that is not known, or it would be refused. */
  forecast: Forecast | null
  /** Null where the input was not probed. Without passes and outputs where it would be refused. */
  plan: JobPlan | null
  /** What the job would fail with before anything is encoded; null: nothing is known to stand against it. */
  refusal: JobError | null
  warnings: DryRunWarning[]
}

/** A worker's part of it. */
export type Inspection = Pick<DryRun, 'plan' | 'refusal'> & { worker: string }
