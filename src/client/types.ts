import type { ErrorCode, Job, JobState, LogLevel, WatchedFile, WatchState } from '../contract/index.js'
import type { RetryOptions } from './backoff.js'
import type { Fetch } from './http.js'

export type ClientOptions = {
  /** Where the API is; default FFLEET_URL in Node, else `http://127.0.0.1:4280`. Without a scheme: http. Empty or a path: of the page's own origin, in a browser. */
  baseUrl?: string
  /** Sent as `Authorization: Bearer …`; default FFLEET_API_KEY in Node. */
  apiKey?: string
  /** In place of the global `fetch`. */
  fetch?: Fetch
  /** How transient failures are tried again; false: not at all (broken event streams are always resumed). */
  retry?: RetryOptions | false
  /** Limit on one try of a call, in milliseconds; default 30,000. Event streams and downloads run on. */
  timeoutMs?: number
  /** Silence after which an event stream is reconnected; default 45,000, three missed comments of the server. */
  idleTimeoutMs?: number
}

export type CallOptions = { signal?: AbortSignal | undefined }

export type SubmitOptions = CallOptions & {
  /** The same key and request give the same job again, for 24 h; made up anew for each call without it. */
  idempotencyKey?: string
}

export type DirectUploadOptions = CallOptions & {
  /** What people call the file. */
  filename?: string | undefined
  /** Of the whole file, in hex: the server reads what came and holds it against this. */
  sha256?: string | undefined
  /** The upload stays when the jobs that read it have completed. */
  keep?: boolean | undefined
  /** An upload of the same file that was begun before: what the bucket has of it is not sent again. */
  resume?: string | undefined
  /** Told the id as soon as there is one: a job may name it at once and waits for it, and it is what `resume` takes. */
  onBegun?: ((uploadId: string) => void) | undefined
  /** Told how many bytes are sent; less again where a part has to be sent anew. In browsers it grows by whole parts. */
  onSent?: ((bytes: number) => void) | undefined
  /** Gives the MD5 of a part in base64, by which the bucket refuses one that was damaged on its way. Browsers have none. */
  md5?: ((part: Blob) => Promise<string>) | undefined
}

export type ListFilter = {
  state?: JobState | undefined
  /** Jobs that carry all of these. */
  tags?: Record<string, string> | undefined
  /** Jobs with an output of this preset. */
  preset?: string | undefined
  /** Jobs whose error has this code. */
  code?: ErrorCode | undefined
  /** Jobs with this in their id, input, output names and paths, or tags (`key=value`), in any case. */
  text?: string | undefined
  /** Jobs submitted at this time or later: ISO 8601 with its zone. */
  since?: string | undefined
  /** Jobs submitted before this time. */
  until?: string | undefined
  /** Jobs a page, 1 to 200; the server's default is used without it. */
  limit?: number | undefined
}

export type JobPage = {
  /** May be fewer than asked for, even none, while there are more. */
  items: Job[]
  /** Null at the end. */
  nextCursor: string | null
  /** Of the events of the fleet: `watchAll({ after })` goes on where the list ends, without a gap. */
  lastEventId: string
}

/** What stands in a folder of the media root. */
export type MediaPage = {
  items: {
    name: string
    /** Relative to the media root: what a job names as its input. */
    path: string
    /** By the extension. */
    kind: 'folder' | 'video' | 'audio' | 'picture' | 'other'
    /** Null for a folder. */
    bytes: number | null
    /** Null for a folder of a bucket. */
    modifiedAt: string | null
  }[]
  nextCursor: string | null
}

/** Days as `YYYY-MM-DD` of UTC, both included; at most 400. */
export type UsageQuery = {
  /** Default: 29 days before `to`. */
  from?: string | undefined
  /** Default: today. */
  to?: string | undefined
  /** Only that of one tenant. Default: all that the key may see. */
  tenant?: string | undefined
}

export type ScheduleQuery = {
  /** Whose, for a key of the role `admin` without a tenant. Default: the key's own tenant, or none. */
  tenant?: string | undefined
}

export type WatchedFileQuery = {
  /** Only files of this rule. */
  rule?: string | undefined
  /** Only files in this state. */
  state?: WatchState | undefined
  /** Files a page, 1 to 1,000; the server's default is used without it. */
  limit?: number | undefined
  cursor?: string | undefined
}

export type WatchedFilePage = {
  items: WatchedFile[]
  /** Null at the end. */
  nextCursor: string | null
}

export type LogQuery = {
  /** Default: the newest with a log. */
  attempt?: number | undefined
  /** Lines that begin before this byte: `previous` of a page, for the one before it. */
  before?: number | undefined
  /** Lines that begin at this byte or behind it: `next` of a page, for the one behind it. */
  after?: number | undefined
  /** Lines a page, 1 to 1,000; the server's default is used without it. */
  limit?: number | undefined
  /** Only lines with this text, in any case. */
  search?: string | undefined
  /** Only lines of this level or a worse one; never those without a level. */
  level?: LogLevel | undefined
}

/** Lines of ffmpeg's log. */
export type LogPage = {
  /** Offsets are those of its log: give it with them. */
  attempt: number
  /** Of the whole log, now. */
  bytes: number
  /** Oldest first; `at` is where the line begins. May be fewer than asked for, even none, while there are more. */
  items: { at: number; level: LogLevel | null; text: string }[]
  /** The `before` that goes on; null where no line is left. */
  previous: number | null
  /** The `after` that goes on; null where no line is left and none will come. */
  next: number | null
}

export type Download = {
  /** Whole length, or of the asked range; null when the server does not say. */
  bytes: number | null
  mediaType: string | null
  etag: string | null
  stream: ReadableStream<Uint8Array>
  /** Reads the stream to its end into memory. */
  arrayBuffer(): Promise<ArrayBuffer>
}

/** One file of an output that is a folder. */
export type OutputFile = { path: string; bytes: number; href: string }

export type DownloadOptions = CallOptions & {
  /** Of a file in an output that is a folder. */
  path?: string
  /** Bytes from the first to the last, both counted; without a last one, to the end. */
  range?: { first: number; last?: number }
}
