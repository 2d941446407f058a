import { type Attempt, createWorkerQueue, type Run, type RunOutcome } from '../../src/queue/index.js'

/** A slot of the real queue whose attempts do what `script` says when they begin. */
export type ApiWorker = {
  script: (attempt: Attempt, run: Run) => Promise<RunOutcome>
  close(): Promise<void>
}

export async function startApiWorker(redisUrl: string, script: ApiWorker['script']): Promise<ApiWorker> {
  const queue = await createWorkerQueue({ redisUrl, backoffMs: 50 })
  const slot = queue.openSlot({
    name: 'scripted',
    lockDurationMs: 5_000,
    stalledCheckMs: 200,
    onError: () => {},
    async run(run) {
      const begin = { jobId: run.jobId, token: run.token, worker: 'w-scripted', poisonStarts: 3 }
      const { answer, attempt } = await queue.begin(begin)
      if (attempt) return worker.script(attempt, run)
      return answer.kind === 'cancelled' ? { kind: 'cancelled' } : { kind: 'lost' }
    },
  })
  const worker: ApiWorker = {
    script,
    async close() {
      await slot.abandon()
      await queue.close()
    },
  }
  return worker
}
