/** What a caller may do, each including what stands before it. */
export const ROLES = ['read', 'submit', 'operate', 'admin'] as const
export type Role = (typeof ROLES)[number]

/** Whether a role allows what needs another one. */
export function reaches(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed)
}

/** Who sent a request. */
export type Caller = {
  /** Null where there are no keys. */
  keyId: string | null
  name: string
  role: Role
  /** Null: it belongs to no tenant. */
  tenant: string | null
}
