/** Whose rights the jobs of a schedule have: those that the key it was made with has when its time comes. */
import type { Caller, KeyRing } from '../../callers/index.js'
import { FfleetError, reaches } from '../../contract/index.js'
import type { ScheduleRecord } from '../../queue/index.js'

/** @throws FfleetError FORBIDDEN when that key may not send its jobs any more. */
export function callerOf({ madeBy, tenant }: ScheduleRecord, keys: KeyRing | undefined): Caller {
  if (keys === undefined) return { ...madeBy, keyId: null, role: 'submit', tenant, arguments: true, endsAt: null }
  if (madeBy.keyId === null) throw refused('It was made on a server without keys.')
  const caller = keys.holderOf(madeBy.keyId)?.caller
  if (caller === undefined) throw refused(`The key ${madeBy.name} that made it was revoked.`)
  if (caller.tenant !== tenant) throw refused(`The key ${madeBy.name} that made it belongs to another tenant now.`)
  if (!reaches(caller.role, 'submit'))
    throw refused(`The key ${madeBy.name} that made it has the role ${caller.role} now.`)
  return caller
}

function refused(detail: string): FfleetError {
  return new FfleetError('FORBIDDEN', detail, { hint: 'Send the schedule again with a valid key.' })
}
