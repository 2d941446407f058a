import type { Job, ProgressSnapshot } from '../../contract/index.js'
import { percent } from '../words/figures.js'
import { words } from '../words/texts.js'

/** How far a job is. An unknown share is drawn as unknown, never as nothing. */
export function Bar(props: { job: Pick<Job, 'state' | 'progress' | 'id'>; label: string; wide?: boolean }) {
  const { state, progress } = props.job
  const value = progress?.percent ?? null
  const isUnknown = state === 'active' && value === null
  const w = words.value
  return (
    <span class={`bar ${props.wide ? 'wide' : ''}`} data-state={state} data-basis={progress?.basis ?? 'unknown'}>
      <span
        class={isUnknown ? 'track unknown' : 'track'}
        role="progressbar"
        aria-label={props.label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={value ?? undefined}
        aria-valuetext={value === null ? w.unknown : percent(value)}
        title={basisText(progress)}
      >
        <span class="fill" style={{ width: `${value ?? 0}%` }} />
      </span>
      <span class="percent figure">{percent(value)}</span>
    </span>
  )
}

function basisText(progress: ProgressSnapshot | null): string {
  return progress === null ? words.value.basis.unknown : words.value.basis[progress.basis]
}
