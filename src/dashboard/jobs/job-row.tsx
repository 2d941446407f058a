import { memo } from 'preact/compat'
import type { Row } from '../live/job-list.js'
import { serverNow } from '../live/server.js'
import { Link } from '../shell/link.js'
import { tick } from '../shell/ticks.js'
import { duration, eta, localTime, speed } from '../words/figures.js'
import { words } from '../words/texts.js'
import { Bar } from './bar.js'
import { State } from './state.js'

export type RowProps = {
  row: Row
  /** Among all rows, from 1. */
  index: number
  top: number
  selected: boolean
  current: boolean
  onSelect(id: string): void
}

export const JobRow = memo(function JobRow({ row, index, top, selected, current, onSelect }: RowProps) {
  const { job } = row
  const w = words.value
  const name = job.input.uri
  return (
    <div
      class="row"
      role="row"
      id={`row-${job.id}`}
      aria-rowindex={index + 1}
      aria-selected={selected}
      data-current={current ? '' : undefined}
      data-state={job.state}
      style={{ transform: `translateY(${top}px)` }}
    >
      <span role="gridcell" class="cell-select">
        <input
          type="checkbox"
          tabIndex={-1}
          checked={selected}
          aria-label={w.selectJob(name)}
          onChange={() => onSelect(job.id)}
        />
      </span>
      <span role="gridcell" class="cell-state">
        <State job={job} />
      </span>
      <span role="gridcell" class="cell-name">
        <Link to={`/jobs/${job.id}`} class="name">
          <bdi title={name}>{name}</bdi>
        </Link>
        <span class="outputs quiet" title={job.outputs.map((output) => output.path).join('\n')}>
          → {job.outputs.map((output) => output.name).join(', ')}
          {Object.entries(job.tags).map(([key, value]) => (
            <span key={key} class="tag">
              {key}={value}
            </span>
          ))}
        </span>
      </span>
      <span role="gridcell" class="cell-bar">
        {job.state === 'queued' ? <Waiting row={row} /> : <Bar job={job} label={w.progressOf(name)} />}
      </span>
      <span role="gridcell" class="cell-speed figure">
        {job.state === 'active' ? speed(job.progress?.speed ?? null) : ''}
      </span>
      <span role="gridcell" class="cell-eta figure">
        {job.state === 'active' ? eta(job.progress) : ''}
        {job.state === 'failed' && job.error !== null ? (
          <span class="code" title={job.error.title}>
            {job.error.code}
          </span>
        ) : null}
      </span>
      <span role="gridcell" class="cell-attempt figure" title={w.attemptOf(job.attempt, job.maxAttempts)}>
        {job.attempt === 0 ? '' : `${job.attempt}/${job.maxAttempts}`}
      </span>
      <span role="gridcell" class="cell-worker quiet" title={job.worker ?? undefined}>
        {job.worker ?? ''}
      </span>
      <span role="gridcell" class="cell-age quiet figure">
        {job.state === 'active' ? <Heard row={row} /> : <Since iso={job.finishedAt ?? job.createdAt} />}
      </span>
    </div>
  )
})

function Waiting({ row: { job } }: { row: Row }) {
  const w = words.value
  return <span class="quiet">{job.queuePosition === null ? w.waits : w.position(job.queuePosition)}</span>
}

function Heard({ row }: { row: Row }) {
  const w = words.value
  if (row.heardMs === null) return <span title={w.heardNothing}>…</span>
  return <span>{w.heard(duration(Math.max(0, tick.value - row.heardMs)))}</span>
}

/** How long ago; the time itself on hover, of this place and of UTC. */
export function Since({ iso }: { iso: string }) {
  void tick.value
  const now = serverNow()
  return (
    <time dateTime={iso} title={`${localTime(iso, 0)}\n${iso.replace('T', ' ').replace('Z', '')} UTC`}>
      {words.value.ago(roughly(now - Date.parse(iso)))}
    </time>
  )
}

/** Ages change seldom, so that a list of ended jobs stands still. */
function roughly(ms: number): string {
  const s = Math.max(0, ms) / 1000
  if (s < 60) return `${Math.floor(s)} s`
  if (s < 3_600) return `${Math.floor(s / 60)} min`
  return s < 86_400 ? `${Math.floor(s / 3_600)} h` : `${Math.floor(s / 86_400)} d`
}
