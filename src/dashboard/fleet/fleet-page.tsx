import { useEffect, useMemo, useState } from 'preact/hooks'
import type { WorkerInfo } from '../../contract/index.js'
import { inputName } from '../../contract/input-name.js'
import { Bar } from '../jobs/bar.js'
import { JobList } from '../live/job-list.js'
import { readQueue, workers } from '../live/queue.js'
import { client, serverNow } from '../live/server.js'
import { Confirm } from '../shell/confirm.js'
import { Link } from '../shell/link.js'
import { TO_OPERATE, TO_SEE_WORKERS, whyNot } from '../shell/permission.js'
import { Standstill } from '../shell/standstill.js'
import { tick } from '../shell/ticks.js'
import { duration, number, speed } from '../words/figures.js'
import { words } from '../words/texts.js'
import { MediaChart, OutcomesChart, useHistory } from './history.js'
import { QueueFacts } from './queue-facts.js'

/** Who works, on what, and how the queue does. */
export function FleetPage() {
  const w = words.value
  const running = useMemo(() => new JobList({ state: 'active' }), [])
  useEffect(() => () => running.close(), [running])
  void running.version.value
  const history = useHistory()
  const ids = running.order(false)
  const speeds = ids.flatMap((id) => running.get(id)?.job.progress?.speed ?? [])
  const now = speeds.length === 0 ? null : speeds.reduce((sum, each) => sum + each, 0)
  const all = workers.value
  return (
    <main class="fleet">
      <h1 class="unseen">{w.fleet}</h1>
      <Standstill />
      <QueueFacts now={now} history={history} />
      <section class="sheet">
        <h2>{w.workers}</h2>
        {all === null ? <p class="quiet">{whyNot(TO_SEE_WORKERS) ?? w.loading}</p> : null}
        {all?.length === 0 ? <p class="notice warn">{w.noWorkers}</p> : null}
        <ul class="workers">
          {all?.map((worker) => (
            <Worker key={worker.id} worker={worker} running={running} />
          ))}
        </ul>
      </section>
      <MediaChart history={history} />
      <OutcomesChart history={history} />
    </main>
  )
}

function Worker({ worker, running }: { worker: WorkerInfo; running: JobList }) {
  const w = words.value
  const [asked, setAsked] = useState(false)
  const [refused, setRefused] = useState<string | null>(null)
  const why = whyNot(TO_OPERATE)
  void tick.value
  const drain = async () => {
    setAsked(false)
    try {
      await client.drain(worker.id)
      readQueue()
    } catch (error) {
      setRefused((error as Error).message)
    }
  }
  const free = Math.max(0, worker.slots - worker.jobs.length)
  return (
    <li data-state={worker.state}>
      <div class="worker-head">
        <strong class="mono">{worker.id}</strong>
        <span class="state" data-worker={worker.state}>
          <span class="dot" aria-hidden="true" />
          {w.workerStates[worker.state]}
        </span>
        <span class="quiet">
          {worker.host} · ffleet {worker.version} · ffmpeg {worker.ffmpeg ?? w.unknown}
        </span>
        <span class="quiet figure">
          {w.slots(number(worker.busy), number(worker.slots))}
          {worker.load === null || worker.load === undefined ? '' : ` · ${w.load(`${number(worker.load * 100)} %`)}`} ·{' '}
          {w.heardAgo(duration(serverNow() - Date.parse(worker.lastSeenAt)))}
        </span>
        {worker.state === 'draining' ? null : (
          <button type="button" disabled={why !== null} title={why ?? undefined} onClick={() => setAsked(true)}>
            {w.drain}
          </button>
        )}
      </div>
      {refused === null ? null : (
        <p class="notice bad" role="alert">
          {refused}
        </p>
      )}
      <ul class="slots">
        {worker.jobs.map((id) => {
          const job = running.get(id)?.job
          return (
            <li key={id}>
              <Link to={`/jobs/${id}`} class="name">
                <bdi>{job === undefined ? id : inputName(job.input)}</bdi>
              </Link>
              {job === undefined ? null : <Bar job={job} label={w.progressOf(inputName(job.input))} />}
              <span class="quiet figure">{speed(job?.progress?.speed ?? null)}</span>
            </li>
          )
        })}
        {Array.from({ length: free }, (_, i) => (
          <li key={i} class="free quiet">
            {w.freeSlot}
          </li>
        ))}
      </ul>
      <details>
        <summary>{w.encoders(worker.encoders.length)}</summary>
        <p class="quiet mono">{worker.encoders.join(', ')}</p>
      </details>
      {asked ? (
        <Confirm
          question={w.drainQuestion(worker.id)}
          yes={w.drainYes}
          onYes={() => void drain()}
          onNo={() => setAsked(false)}
        />
      ) : null}
    </li>
  )
}
