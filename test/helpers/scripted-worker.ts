import { type Attempt, createWorkerQueue, type Run, type RunOutcome, type Slot } from '../../src/queue/index.js'
import { aSnapshot, aWorker } from './jobs.js'

/** What an attempt does, in place of ffmpeg. */
export type AttemptScript = (attempt: Attempt, run: Run) => Promise<RunOutcome>

/** A worker without ffmpeg: slots of the real queue, whose attempts follow a script. */
export type ScriptedWorker = {
  /** Takes jobs from now on, one at a time, and does this with each. */
  work(script: AttemptScript): void
  /** Takes no more. */
  rest(): Promise<void>
  close(): Promise<void>
}

/** Tells so much progress and completes; `each` is awaited behind every event, numbered from 1. */
export function talking(events: number, each: (n: number) => unknown = () => {}): AttemptScript {
  return async (attempt) => {
    for (let n = 1; n <= events; n++) {
      const percent = Math.floor((n / events) * 990) / 10
      await attempt.progress(n, aSnapshot({ attempt: attempt.number, percent }), n % 10 === 0)
      await each(n)
    }
    return { kind: 'completed' }
  }
}

/** Takes nothing until it is told to work. */
export async function startScriptedWorker(redisUrl: string): Promise<ScriptedWorker> {
  const queue = await createWorkerQueue({ redis: redisUrl, backoffMs: 50 })
  const slots: Slot[] = []

  async function run(script: AttemptScript, run: Run): Promise<RunOutcome> {
    const begin = { jobId: run.jobId, token: run.token, worker: aWorker('w-scripted'), poisonStarts: 3 }
    const { answer, attempt } = await queue.begin(begin)
    if (attempt) return script(attempt, run)
    if (answer.kind === 'held') return { kind: 'held' }
    return answer.kind === 'cancelled' ? { kind: 'cancelled' } : { kind: 'lost' }
  }

  const worker: ScriptedWorker = {
    work(script) {
      slots.push(
        queue.openSlot({
          name: 'scripted',
          lockDurationMs: 5_000,
          stalledCheckMs: 200,
          onError: () => {},
          run: (each) => run(script, each),
        }),
      )
    },
    async rest() {
      await Promise.all(slots.splice(0).map((slot) => slot.abandon()))
    },
    async close() {
      await worker.rest()
      await queue.close()
    },
  }
  return worker
}
