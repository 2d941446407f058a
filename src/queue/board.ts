import { BullMQAdapter } from '@bull-board/api/bullMQAdapter'
import type { Queue as BullQueue } from 'bullmq'

/** A queue as bull-board shows it. */
export type BoardQueue = BullMQAdapter

/** What bull-board may show of the jobs; a job's link leads to what ffleet knows of it. */
export function boardOf(jobs: BullQueue): BoardQueue[] {
  return [
    new BullMQAdapter(jobs, {
      displayName: 'Jobs',
      description: 'What BullMQ holds of the jobs. Their progress, reports and logs are on the page of the job.',
      // The address is resolved against the board's own, wherever a proxy shows it.
      externalJobUrl: ({ id }) => ({ displayText: 'ffleet', href: `../../jobs/${id}` }),
    }),
  ]
}
