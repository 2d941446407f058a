/** What workers without a shared store ask of the API: `src/api/store` answers. Between processes of one version, and in no document. */
import { Closed, Nullable, type Static, Type } from '../contract/schema.js'

const Text = Type.String({ maxLength: 8_192 })
const Attempt = Type.Integer({ minimum: 1 })
const Count = Type.Integer({ minimum: 0 })
const Hash = Type.String({ pattern: '^[0-9a-f]{64}$' })

const DestinationSchema = Closed({ path: Text, jobId: Text, attempt: Attempt, mediaType: Type.Optional(Text) })
const PreparedSchema = Closed({
  kind: Type.Union([Type.Literal('file'), Type.Literal('folder')]),
  bytes: Count,
  sha256: Hash,
  files: Type.Array(Closed({ path: Text, bytes: Count, sha256: Hash })),
  pending: Type.Optional(Text),
})
/** `staged`: the file or folder of an output, relative to the folder of its attempt. */
const Staged = { staged: Text, destination: DestinationSchema }

/** The body of each call. */
export const CALLS = {
  /** Which folders the API has. */
  roots: Closed({}),
  check: Closed({ path: Text, folder: Type.Boolean(), keepExisting: Type.Boolean() }),
  prepare: Closed(Staged),
  place: Closed({ ...Staged, prepared: PreparedSchema, keepExisting: Type.Boolean() }),
  discard: Closed({ ...Staged, prepared: PreparedSchema }),
  /** Of attempts before that one; null: of all. */
  sweep: Closed({ jobId: Text, attempt: Nullable(Attempt) }),
  /** What the attempt has sent and is placed, or never will be. */
  remove: Closed({ jobId: Text, attempt: Attempt }),
  pending: Closed({}),
  sweepUnknown: Closed({}),
  findPart: Closed({ name: Text }),
  /** What was sent as the only file of an attempt, if it has that hash. */
  keepPart: Closed({ name: Text, sha256: Hash, jobId: Text, attempt: Attempt, staged: Text }),
  sweepParts: Closed({ keepMs: Count, maxBytes: Count }),
  forget: Closed({ jobId: Text }),
}

export type CallName = keyof typeof CALLS
export type CallBody<N extends CallName> = Static<(typeof CALLS)[N]>

export const callPath = (name: CallName): string => `/v1/store/${name}`

/** Bytes of an attempt: of an output that is staged, `path` relative to the folder of the attempt; of its report, of ffmpeg's log. */
export type BytesOf = { jobId: string; attempt: number } & (
  | { kind: 'staged'; path: string }
  | { kind: 'ndjson' | 'log' }
)

export function bytesPath(of: BytesOf): string {
  const base = `/v1/store/files/${of.jobId}/${of.attempt}`
  if (of.kind !== 'staged') return `${base}/${of.kind}`
  return `${base}/staged/${of.path.split('/').map(encodeURIComponent).join('/')}`
}

export const inputPath = (uri: string): string => `/v1/store/input?uri=${encodeURIComponent(uri)}`

/** A part of a film that the API has found. */
export const partPath = (name: string): string => `/v1/store/parts/${name}`

/** How many bytes are there, and from where bytes are sent. */
export const OFFSET_HEADER = 'upload-offset'
export const BYTES_TYPE = 'application/offset+octet-stream'

/** A call that takes longer is answered 202, and asked for again: nothing in between loses its patience. */
export const LONGEST_CALL_MS = 20_000
