/** What a caller may do. Those of people each include what stands before them; `worker` is of processes, and what it opens only `admin` opens as well. */
export const ROLES = ['read', 'submit', 'operate', 'admin', 'worker'] as const
export type Role = (typeof ROLES)[number]

/** Whether a role allows what needs another one. */
export function reaches(role: Role, needed: Role): boolean {
  if (role === 'worker' || needed === 'worker') return role === needed || role === 'admin'
  return ROLES.indexOf(role) >= ROLES.indexOf(needed)
}
