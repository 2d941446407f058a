/** What a caller may do, each including what stands before it. */
export const ROLES = ['read', 'submit', 'operate', 'admin'] as const
export type Role = (typeof ROLES)[number]

/** Whether a role allows what needs another one. */
export function reaches(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed)
}
