/** What the caller may do; the server decides, and the page says so before it is asked. */
import { type Role, reaches } from '../../contract/roles.js'
import { session } from '../live/session.js'
import { words } from '../words/texts.js'

/** What something asks of the caller: a role, and to have no tenant where it is of the whole fleet. */
export type Needed = { role: Role; ofTheFleet?: boolean }

export const TO_SUBMIT: Needed = { role: 'submit' }
export const TO_OPERATE: Needed = { role: 'operate', ofTheFleet: true }
export const TO_SEE_WORKERS: Needed = { role: 'read', ofTheFleet: true }

/** Why not, in a sentence; null when the caller may, and until it is known who that is. */
export function whyNot({ role, ofTheFleet = false }: Needed): string | null {
  const caller = session.value
  if (caller === null) return null
  if (!reaches(caller.role, role)) return words.value.needsRole(caller.name, caller.role, role)
  return ofTheFleet && caller.tenant !== null ? words.value.isOfTheFleet(caller.tenant) : null
}

/** The sentence, beside what it disables. */
export function WhyNot({ needed }: { needed: Needed }) {
  const why = whyNot(needed)
  return why === null ? null : <p class="why-not quiet">{why}</p>
}
