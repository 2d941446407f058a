/** What else in a worker goes by its attempts. Calls return at once and never throw: an attempt is not held up for them. */
export type AttemptObserver = {
  begun(jobId: string): void
  /** `percent` of the job, 0 to 99. */
  progressed(jobId: string, percent: number): void
  /** However it ended; BullMQ is told of it afterwards. */
  ended(jobId: string): void
}

/** All of them as one. */
export function observers(all: readonly AttemptObserver[]): AttemptObserver {
  return {
    begun: (jobId) => all.forEach((each) => void each.begun(jobId)),
    progressed: (jobId, percent) => all.forEach((each) => void each.progressed(jobId, percent)),
    ended: (jobId) => all.forEach((each) => void each.ended(jobId)),
  }
}
