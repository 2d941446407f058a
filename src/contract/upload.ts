/** Inputs that were sent to the API: `upload:<id>`. */
import { Closed, Enum, Nullable, type Static, Timestamp, Type } from './schema.js'

const SCHEME = /^upload:/i
const SOURCE = /^upload:([0-9A-HJKMNP-TV-Z]{26})$/

/** Whether an input means what somebody uploads; `./upload:a.mp4` is a file. */
export function namesUpload(uri: string): boolean {
  return SCHEME.test(uri)
}

/** The id of the upload; null for what is not of the form. */
export function parseUploadSource(uri: string): string | null {
  return SOURCE.exec(uri)?.[1] ?? null
}

export const UPLOAD_STATES = ['open', 'completed'] as const

/** A file that somebody sends, or has sent. */
export const Upload = Closed(
  {
    id: Type.String({ description: 'As an input: `upload:<id>`.' }),
    state: Enum(UPLOAD_STATES, { description: '`open` while bytes are missing.' }),
    filename: Nullable(Type.String({ description: 'As its sender calls it.' })),
    bytes: Nullable(
      Type.Integer({ minimum: 0, description: 'Of the whole file; null while its sender has not said.' }),
    ),
    receivedBytes: Type.Integer({ minimum: 0, description: 'What is here; another try goes on from there.' }),
    keep: Type.Boolean({ description: 'Whether it stays when the jobs that read it have completed.' }),
    createdAt: Timestamp,
    completedAt: Nullable(Timestamp),
    expiresAt: Nullable(
      Type.String({
        format: 'date-time',
        description: 'When it is removed unless its bytes or a job come before; null while a job needs it.',
      }),
    ),
  },
  { $id: 'Upload' },
)
export type Upload = Static<typeof Upload>

/** As long as file systems take. */
export const MAX_NAME_LENGTH = 255

/** A file that is to go straight to the bucket of the outputs. */
export const DirectUploadRequest = Closed(
  {
    bytes: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: 'Of the whole file.' }),
    filename: Type.Optional(
      Type.String({ minLength: 1, maxLength: MAX_NAME_LENGTH, description: 'What people call the file.' }),
    ),
    sha256: Type.Optional(
      Type.String({
        pattern: '^[0-9a-fA-F]{64}$',
        description: 'Of the whole file, in hex: held against what came, which is read for that when it is completed.',
      }),
    ),
    keep: Type.Optional(
      Type.Boolean({ description: 'Whether it stays when the jobs that read it have completed. Default: false.' }),
    ),
  },
  { $id: 'DirectUploadRequest' },
)
export type DirectUploadRequest = Static<typeof DirectUploadRequest>

const DirectPart = Closed({
  number: Type.Integer({ minimum: 1 }),
  offset: Type.Integer({ minimum: 0, description: 'Where it begins in the file.' }),
  bytes: Type.Integer({ minimum: 1, description: 'How many of them it has; the bucket takes no other number.' }),
  url: Type.String({ description: 'What they are PUT to, as they are. Whoever has it may send them: a secret.' }),
})
export type DirectPart = Static<typeof DirectPart>

/** An upload whose bytes go straight to the bucket. */
export const DirectUpload = Closed(
  {
    upload: Upload,
    parts: Type.Array(DirectPart, { description: 'In any order, several at once, each again where it broke.' }),
    urlsExpireAt: Type.String({ format: 'date-time', description: 'Until when the URLs are valid.' }),
  },
  { $id: 'DirectUpload' },
)
export type DirectUpload = Static<typeof DirectUpload>
