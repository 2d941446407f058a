/** What a job's hash says, and the job resource made of it. */
import {
  ERRORS,
  type ErrorCode,
  FfleetError,
  type FieldError,
  type Forecast,
  type Job,
  type JobError,
  type JobOutput,
  type JobState,
  type NormalizedJob,
  type NormalizedOutput,
  type Phase,
  type Playable,
  type ProgressSnapshot,
  playsWhileEncoding,
  shownInput,
  type TerminalState,
} from '../contract/index.js'
import { decodeSnapshot } from './codec.js'
import type { KnownOutput, Written } from './types.js'
import { UPLOAD } from './uploads/scripts.js'

/** The fields of `ffleet:job:<id>` as Redis gives them; `scripts.ts` documents each. */
export type RecordFields = Record<string, string>

export type JobRecord = {
  id: string
  request: NormalizedJob
  /** Whose it is; null: of no tenant. */
  tenant: string | null
  createdMs: number
  /** Id of `job.queued` while it is the only event; then the job's stream has it. */
  queuedId: string | null
  attempt: number
  running: boolean
  worker: string | null
  host: string | null
  startedMs: number | null
  /** Of the newest attempt. */
  begunMs: number | null
  phase: Phase | null
  snapshot: ProgressSnapshot | null
  /** Number of the newest snapshot there ever was. */
  seq: number
  error: JobError | null
  cancelled: boolean
  committed: boolean
  retrying: boolean
  outOfMemory: number
  /** What it waits for to complete; null: for nothing. */
  awaits: 'job' | 'upload' | null
  /** When the last of those had completed. */
  freedMs: number | null
  /** One of them ended otherwise, so this one has to end; as `followers/scripts.ts` says. */
  barred: string | null
  /** What is known of outputs of other jobs that it takes as inputs, by `job:<id>/<output>`. */
  sources: Map<string, KnownOutput>
  /** Published outputs by name, and how each was written. */
  published: Map<string, JobOutput>
  written: Map<string, Written>
  /** What attempts said of outputs that are played while they are encoded. */
  playing: Map<string, { attempt: number; playable: Playable | null }>
  /** Decided publications by group, as the worker wrote them. */
  commits: Map<string, string>
  /** The terminal resource, its state and the id of its event; null while the job is open. */
  ended: { state: TerminalState; eventId: string; job: Job } | null
}

/** Null for an unknown job (an empty hash). */
export function readRecord(id: string, fields: RecordFields): JobRecord | null {
  if (fields.req === undefined) return null
  const named = (prefix: string) =>
    Object.entries(fields).flatMap(([field, value]) =>
      field.startsWith(prefix) ? [[field.slice(prefix.length), value] as const] : [],
    )
  const outputs = named('out:').map(([name, json]) => [name, JSON.parse(json) as KnownOutput] as const)
  return {
    id,
    request: JSON.parse(fields.req) as NormalizedJob,
    tenant: fields.tenant ?? null,
    createdMs: Number(fields.created),
    queuedId: fields.queued ?? null,
    attempt: Number(fields.attempt ?? 0),
    running: fields.running === '1',
    worker: fields.worker || null,
    host: fields.host || null,
    startedMs: fields.started ? Number(fields.started) : null,
    begunMs: fields.begun ? Number(fields.begun) : null,
    phase: (fields.phase || null) as Phase | null,
    snapshot: decodeSnapshot(fields.snap),
    seq: Number(fields.seq ?? 0),
    error: fields.err ? (JSON.parse(fields.err) as JobError) : null,
    cancelled: fields.cancel === '1',
    committed: fields.done === '1',
    retrying: fields.retrying === '1',
    outOfMemory: Number(fields.oom ?? 0),
    awaits:
      fields.awaits === undefined ? null : named(`after:${UPLOAD}`).some(([, fate]) => fate === '') ? 'upload' : 'job',
    freedMs: fields.freed ? Number(fields.freed) : null,
    barred: fields.barred ?? null,
    sources: new Map(
      named('in:').flatMap(([name, json]) => (json ? [[`job:${name}`, JSON.parse(json) as KnownOutput]] : [])),
    ),
    published: new Map(outputs.map(([name, { output }]) => [name, output])),
    written: new Map(outputs.flatMap(([name, { written }]) => (written ? [[name, written]] : []))),
    playing: new Map(
      named('play:').map(([name, json]) => [name, JSON.parse(json) as { attempt: number; playable: Playable | null }]),
    ),
    commits: new Map(named('commit:')),
    ended:
      fields.final === undefined
        ? null
        : {
            state: fields.term as TerminalState,
            eventId: fields.end!,
            // Jobs that ended before there were forecasts have no such field.
            job: { forecast: null, ...(JSON.parse(fields.final) as Omit<Job, 'forecast'>) },
          },
  }
}

/** The record of a job that was submitted just now. */
export function newRecord(
  id: string,
  request: NormalizedJob,
  createdMs: number,
  tenant: string | null = null,
): JobRecord {
  return {
    id,
    request,
    tenant,
    createdMs,
    queuedId: null,
    attempt: 0,
    running: false,
    worker: null,
    host: null,
    startedMs: null,
    begunMs: null,
    phase: null,
    snapshot: null,
    seq: 0,
    error: null,
    cancelled: false,
    committed: false,
    retrying: false,
    outOfMemory: 0,
    awaits: null,
    freedMs: null,
    barred: null,
    sources: new Map(),
    published: new Map(),
    written: new Map(),
    playing: new Map(),
    commits: new Map(),
    ended: null,
  }
}

/** Where an output will stand, relative to the output root. */
export function outputPath(jobId: string, output: NormalizedOutput): string {
  if (output.path !== null) return output.path
  const { extension } = output.recipe
  return `${jobId}/${output.name}${extension === '' ? '' : `.${extension}`}`
}

/** The paths of its outputs that a job was given; others lie in a folder of its own, where no other job goes. */
export function givenPaths(outputs: readonly NormalizedOutput[]): string[] {
  return outputs.flatMap(({ path }) => path ?? [])
}

/** Those of them that may not belong to another job. */
export function exclusivePaths(outputs: readonly NormalizedOutput[]): string[] {
  return givenPaths(outputs.filter(({ onExists }) => onExists === 'fail'))
}

/** The path of an output is that of another job of the fleet. */
export function outputTaken(path: string, job: string, errors: FieldError[] = []): FfleetError {
  return new FfleetError('OUTPUT_EXISTS', `The output path ${path} is that of job ${job}.`, { errors })
}

/** An output as it is known by now. */
export function outputOf(record: JobRecord, output: NormalizedOutput): JobOutput {
  return record.published.get(output.name) ?? pendingOutput(record, output)
}

/** Before it is published. */
function pendingOutput({ id: jobId, running, attempt, playing }: JobRecord, output: NormalizedOutput): JobOutput {
  const play = playing.get(output.name)
  const isNow = running && play?.attempt === attempt
  return {
    name: output.name,
    preset: output.preset,
    path: outputPath(jobId, output),
    mediaType: output.recipe.mediaType,
    bytes: null,
    durationMs: null,
    sha256: null,
    href: null,
    ...(playsWhileEncoding(output) && { playable: isNow ? play.playable : null }),
    warnings: [],
  }
}

const iso = (ms: number) => new Date(ms).toISOString()

/** Where a job waits, if it does, and what to expect of it. */
export type Waiting = { place: number | null; forecast: Forecast | null; waitsFor?: NonNullable<Job['waitsFor']> }

/** The resource of a job that has not ended. */
export function openJob(record: JobRecord, state: JobState, { place, forecast, waitsFor }: Waiting): Job {
  const { id, request } = record
  const active = state === 'active'
  const self = `/v1/jobs/${id}`
  const outputs = request.outputs.map((output) => outputOf(record, output))
  return {
    id,
    state,
    phase: active ? record.phase : null,
    attempt: record.attempt,
    maxAttempts: request.maxAttempts,
    priority: request.priority,
    tags: request.tags,
    input: shownInput(request.input),
    ...(request.inputs && { inputs: request.inputs.map(shownInput) }),
    outputs,
    progress: record.snapshot,
    error: null,
    warnings: outputs.flatMap(({ name, warnings }) => warnings.map((warning) => ({ ...warning, output: name }))),
    queuePosition: state === 'queued' ? place : null,
    ...(state === 'queued' && waitsFor && { waitsFor }),
    ...(request.after && { after: request.after }),
    forecast,
    worker: active ? record.worker : null,
    timeoutMs: request.timeoutMs,
    createdAt: iso(record.createdMs),
    startedAt: record.startedMs === null ? null : iso(record.startedMs),
    finishedAt: null,
    links: { self, events: `${self}/events`, report: `${self}/report`, log: `${self}/log`, watch: `${self}/events` },
  }
}

/** The resource a job ends with: completed means exactly 100 %, anything else freezes what was shown last. */
export function endedJob(record: JobRecord, state: TerminalState, nowMs: number, error: JobError | null): Job {
  const job = openJob(record, state, { place: null, forecast: null })
  return {
    ...job,
    progress: state === 'completed' ? complete(record, nowMs) : job.progress && { ...job.progress, etaMs: null },
    error: state === 'failed' ? error : null,
    finishedAt: iso(nowMs),
  }
}

function complete(record: JobRecord, nowMs: number): ProgressSnapshot {
  const last = record.snapshot
  return {
    ...(last ?? NO_FIGURES),
    seq: record.seq + 1,
    at: iso(nowMs),
    attempt: record.attempt,
    phase: 'publishing',
    percent: 100,
    etaMs: 0,
    stalledForMs: 0,
  }
}

const NO_FIGURES = {
  basis: 'unknown',
  pass: { index: 1, count: 1, label: 'encode' },
  outTimeUs: null,
  frame: null,
  fps: null,
  speed: null,
  bitrate: null,
  bytesWritten: null,
  dupFrames: null,
  dropFrames: null,
  quality: {},
  fetchedBytes: null,
  fetchTotalBytes: null,
} as const

/** A registry error as a job carries it. */
export function jobError(
  code: ErrorCode,
  detail: string,
  context: { attempt: number; atMs: number; hint?: string },
): JobError {
  const { title, retryable, hint } = ERRORS[code]
  return { code, title, detail, retryable, hint: context.hint ?? hint, attempt: context.attempt, at: iso(context.atMs) }
}

/** The same from a thrown error. */
export function jobErrorFrom(error: FfleetError, context: { attempt: number; atMs: number }): JobError {
  return jobError(error.code, error.message, { ...context, hint: error.hint })
}
