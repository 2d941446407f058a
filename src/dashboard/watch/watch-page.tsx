import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { Job } from '../../contract/index.js'
import { isTerminal } from '../../contract/states.js'
import { Bar } from '../jobs/bar.js'
import { State } from '../jobs/state.js'
import { Facts } from '../shell/facts.js'
import { drawIcon } from '../shell/icon.js'
import { LocalTime } from '../shell/times.js'
import { eta, mediaTime, percent, speed, UNKNOWN } from '../words/figures.js'
import { words } from '../words/texts.js'
import type { Watched } from './watch-link.js'

/** One job, for somebody who may see how far it is and nothing else. */
export function WatchPage({ job: watched, embedded }: { job: Watched; embedded: boolean }) {
  const w = words.value
  const job = watched.job.value
  const share = job?.state === 'active' ? (job.progress?.percent ?? null) : null
  useEffect(() => {
    const state = job === null ? w.loading : share === null ? w.states[job.state] : percent(share)
    document.title = `${state} · ffleet`
    drawIcon(share === null ? null : Math.floor(share))
  }, [job, share, w])

  const over = watched.over.value
  if (over !== null) return <p class="empty">{over === 'invalid' ? w.linkInvalid : w.noSuchJob}</p>
  if (job === null) return <p class="empty">{w.loading}</p>
  if (embedded) {
    return (
      <main class="embedded">
        <h1 class="unseen">{w.progress}</h1>
        <State job={job} />
        <Bar job={job} label={w.progress} />
        <span class="quiet figure">{job.state === 'active' ? eta(job.progress) : ''}</span>
        <Lost live={watched.live.value} />
      </main>
    )
  }
  return (
    <main class="watch">
      <div class="sheet">
        <h1>
          <State job={job} />
        </h1>
        <Bar job={job} label={w.progress} wide />
        <Figures job={job} />
        {job.error === null ? null : <p class="notice bad">{job.error.title}</p>}
        <Lost live={watched.live.value} />
        <p class="unseen" role="status">
          {w.states[job.state]}
        </p>
      </div>
    </main>
  )
}

function Figures({ job }: { job: Job }) {
  const w = words.value
  const { progress } = job
  const facts: [string, ComponentChildren][] = isTerminal(job.state)
    ? [[w.ended, job.finishedAt === null ? UNKNOWN : <LocalTime key="ended" iso={job.finishedAt} />]]
    : [
        [w.left, eta(progress)],
        [w.speed, speed(progress?.speed ?? null)],
        [w.mediaTime, mediaTime(progress?.outTimeUs ?? null)],
      ]
  return <Facts rows={facts} />
}

/** A blink of the connection is no news. */
const BLINK_MS = 1_500

function Lost({ live }: { live: boolean }) {
  const [long, setLong] = useState(false)
  useEffect(() => {
    setLong(false)
    if (live) return
    const timer = setTimeout(() => setLong(true), BLINK_MS)
    return () => clearTimeout(timer)
  }, [live])
  return long ? (
    <p class="notice bad" role="status">
      {words.value.notLive}
    </p>
  ) : null
}
