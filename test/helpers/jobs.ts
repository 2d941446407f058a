import {
  ERRORS,
  type ErrorCode,
  type JobError,
  type NormalizedJob,
  type Preset,
  type ProgressSnapshot,
} from '../../src/contract/index.js'
import type { Heartbeat } from '../../src/queue/index.js'

const recipe: Preset = {
  name: 'h264-360p',
  description: 'For tests of the queue, which does not look at it.',
  kind: 'av',
  container: 'mp4',
  extension: 'mp4',
  mediaType: 'video/mp4',
  video: null,
  audio: null,
  sprites: null,
}

/** A job as the API hands it to the queue. */
export function aJob(overrides: Partial<NormalizedJob> = {}): NormalizedJob {
  return {
    input: { uri: 'in.mp4', startMs: null, endMs: null, expectedDurationMs: null },
    inputBytes: 1_000_000,
    outputs: [{ name: 'main', preset: 'h264-360p', path: null, recipe, onExists: 'fail' }],
    priority: 0,
    maxAttempts: 3,
    timeoutMs: null,
    delayMs: 0,
    tags: {},
    webhook: null,
    ...overrides,
  }
}

/** What an attempt of a test fails with. */
export function aJobError(code: ErrorCode): JobError {
  return { code, title: '', detail: '', retryable: ERRORS[code].retryable, hint: '', attempt: 1, at: '' }
}

/** Who runs an attempt. */
export const aWorker = (worker = 'w-test') => ({ worker, host: 'studio', data: null })

/** A snapshot as a worker tells it. */
export function aSnapshot(overrides: Partial<ProgressSnapshot> = {}): Omit<ProgressSnapshot, 'seq'> {
  return {
    at: new Date().toISOString(),
    attempt: 1,
    phase: 'encoding',
    percent: 10,
    basis: 'time',
    etaMs: null,
    pass: { index: 1, count: 1, label: 'encode' },
    outTimeUs: 1_000_000,
    frame: 25,
    fps: 25,
    speed: 1,
    bitrate: null,
    bytesWritten: null,
    dupFrames: 0,
    dropFrames: 0,
    quality: {},
    fetchedBytes: null,
    fetchTotalBytes: null,
    stalledForMs: 0,
    ...overrides,
  }
}

/** What a worker that idles tells of itself. */
export function aHeartbeat(overrides: Partial<Heartbeat> = {}): Heartbeat {
  const now = new Date().toISOString()
  return {
    id: 'w-test',
    host: 'studio',
    pid: 1,
    version: '0.0.0',
    state: 'running',
    slots: 1,
    ffmpeg: null,
    encoders: [],
    sandbox: 'none',
    startedAt: now,
    lastSeenAt: now,
    load: null,
    ...overrides,
  }
}
