import type { AttemptsOver, ReportWriter } from './store.js'

const EVERY_MS = 60_000
/** How long what is left of a job that nobody knows is left alone. */
const UNKNOWN_MS = 24 * 60 * 60_000

/** Sends what could not be sent, of jobs that are over; what is left of jobs that nobody knows any more goes. */
export async function sendUnsent({ unsent }: Pick<ReportWriter, 'unsent'>, attemptsOver: AttemptsOver): Promise<void> {
  for (const { jobId, modifiedMs } of (await unsent?.jobs()) ?? []) {
    const over = await attemptsOver(jobId)
    if (typeof over === 'number') await unsent!.send(jobId, over)
    else if (over === 'unknown' && Date.now() - modifiedMs > UNKNOWN_MS) await unsent!.drop(jobId)
  }
}

/** The same at once and every minute, until it is stopped. */
export function keepSending(
  reports: Pick<ReportWriter, 'unsent'>,
  attemptsOver: AttemptsOver,
  onError: (error: unknown) => void,
): { stop(): void } {
  if (reports.unsent === null) return { stop: () => {} }
  let isStopped = false
  let timer: NodeJS.Timeout
  const again = async () => {
    await sendUnsent(reports, attemptsOver).catch((error) => isStopped || onError(error))
    if (!isStopped) timer = setTimeout(again, EVERY_MS).unref()
  }
  void again()
  return {
    stop() {
      isStopped = true
      clearTimeout(timer)
    },
  }
}
