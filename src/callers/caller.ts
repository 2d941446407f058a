import type { Role } from '../contract/roles.js'

/** Who sent a request. */
export type Caller = {
  /** Null where there are no keys. */
  keyId: string | null
  name: string
  role: Role
  /** Null: it belongs to no tenant. */
  tenant: string | null
  /** May send ffmpeg's arguments, where they are accepted at all. */
  arguments: boolean
  /** When the session of a browser ends, ISO 8601; null for who sends the key itself. */
  endsAt: string | null
}
