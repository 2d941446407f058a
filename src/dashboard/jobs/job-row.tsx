import { memo } from 'preact/compat'
import { inputName } from '../../contract/input-name.js'
import type { Row } from '../live/job-list.js'
import { Link } from '../shell/link.js'
import { tick } from '../shell/ticks.js'
import { ForecastText, Since } from '../shell/times.js'
import { duration, eta, speed } from '../words/figures.js'
import { words } from '../words/texts.js'
import { Bar } from './bar.js'
import { State } from './state.js'
import { WaitsFor } from './waits-for.js'

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
  const name = inputName(job.input)
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
        {job.state === 'active' ? <Left row={row} /> : ''}
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

/** By its own progress, else by what like jobs took. */
function Left({ row: { job } }: { row: Row }) {
  const known = job.progress?.etaMs ?? null
  if (known !== null || job.forecast === null) return <>{eta(job.progress)}</>
  return <ForecastText forecast={job.forecast} />
}

function Waiting({ row: { job } }: { row: Row }) {
  return (
    <span class="waiting quiet">
      <span>
        <WaitsFor job={job} />
      </span>
      {job.forecast === null ? null : <ForecastText forecast={job.forecast} />}
    </span>
  )
}

function Heard({ row }: { row: Row }) {
  const w = words.value
  if (row.heardMs === null) return <span title={w.heardNothing}>…</span>
  return <span>{w.heard(duration(Math.max(0, tick.value - row.heardMs)))}</span>
}
