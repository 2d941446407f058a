import type { KeyRing } from '../../callers/index.js'
import type { SendRun } from '../../queue/index.js'
import type { Submitter } from '../submission/submitter.js'
import { fillIn, valuesAt } from './placeholders.js'
import { callerOf } from './rights.js'

/** Sends the jobs of schedules as whoever made them would. */
export function createSendRun(submitter: Pick<Submitter, 'submit'>, keys: KeyRing | undefined): SendRun {
  return async (schedule, { slotMs, idempotency }) => {
    const caller = callerOf(schedule, keys)
    const { name, timing } = schedule
    const request = fillIn(schedule.job, valuesAt(slotMs, { timeZone: timing.timeZone, name }))
    const { id, created } = await submitter.submit(request, caller, idempotency)
    return { jobId: id, created }
  }
}
