import { ROLES } from './roles.js'
import { Closed, Enum, Nullable, type Static, Type } from './schema.js'

/** Names of tenants: also those of their folders. */
export const TENANT_NAME = '^[a-z0-9][a-z0-9-]{0,31}$'

/** Who asks, as the server sees it. */
export const Session = Closed(
  {
    name: Type.String({ description: 'Of the key; `local` where there are no keys.' }),
    role: Enum(ROLES),
    tenant: Nullable(Type.String()),
    endsAt: Nullable(
      Type.String({
        format: 'date-time',
        description: "When the session of a browser's cookie ends; null for a key, and where there are no keys.",
      }),
    ),
  },
  { $id: 'Session' },
)
export type Session = Static<typeof Session>
