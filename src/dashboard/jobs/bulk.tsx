import { useState } from 'preact/hooks'
import type { Job } from '../../contract/index.js'
import { isTerminal } from '../../contract/states.js'
import { client } from '../live/server.js'
import { Confirm } from '../shell/confirm.js'
import { TO_SUBMIT, WhyNot, whyNot } from '../shell/permission.js'
import { words } from '../words/texts.js'

export type Action = 'cancel' | 'retry' | 'remove'

const AT_ONCE = 6

/** Whether an action can be done to a job as it is now. */
export function allows(action: Action, job: Job): boolean {
  if (action === 'cancel') return !isTerminal(job.state)
  return action === 'remove' ? isTerminal(job.state) : job.state === 'failed' || job.state === 'cancelled'
}

/** Does something to the jobs that were chosen, once somebody has said yes to how many. */
export function BulkActions(props: {
  jobs: Job[]
  asked: Action | null
  onAsk(action: Action | null): void
  onClear(): void
  /** No event tells of it. */
  onRemoved(id: string): void
}) {
  const { jobs, asked, onAsk, onClear, onRemoved } = props
  const w = words.value
  const [done, setDone] = useState<{ action: Action; ok: number; failed: number; of: number } | null>(null)
  const able = (action: Action) => jobs.filter((job) => allows(action, job))

  const run = async (action: Action) => {
    const targets = able(action)
    onAsk(null)
    const tally = { action, ok: 0, failed: 0, of: targets.length }
    setDone(tally)
    const rest = [...targets]
    const worker = async () => {
      for (let job = rest.shift(); job !== undefined; job = rest.shift()) {
        await client[action](job.id).then(
          () => {
            tally.ok++
            if (action === 'remove') onRemoved(job!.id)
          },
          () => tally.failed++,
        )
        setDone({ ...tally })
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
    onClear()
  }

  if (jobs.length === 0 && done === null) return null
  const why = whyNot(TO_SUBMIT)
  return (
    <div class="bulk">
      {jobs.length > 0 ? <strong>{w.selected(jobs.length)}</strong> : null}
      {jobs.length > 0
        ? (['cancel', 'retry', 'remove'] as const).map((action) => (
            <button
              type="button"
              key={action}
              disabled={why !== null || able(action).length === 0}
              onClick={() => onAsk(action)}
            >
              {w.actions[action]}
            </button>
          ))
        : null}
      {jobs.length > 0 ? (
        <button type="button" class="plain" onClick={onClear}>
          {w.clearSelection}
        </button>
      ) : null}
      {jobs.length > 0 ? <WhyNot needed={TO_SUBMIT} /> : null}
      {done === null ? null : <span role="status">{w.bulkDone(done.action, done.ok, done.failed, done.of)}</span>}
      {asked === null ? null : (
        <Confirm
          question={w.bulkQuestion(asked, able(asked).length, jobs.length)}
          yes={w.bulkYes(asked, able(asked).length)}
          onYes={() => void run(asked)}
          onNo={() => onAsk(null)}
        />
      )}
    </div>
  )
}
