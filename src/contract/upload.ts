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
