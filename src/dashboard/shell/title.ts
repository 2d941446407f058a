/** What the tab itself shows: the percent of the job that is looked at, else how many run. */
import { computed, effect, signal } from '@preact/signals'
import type { Job } from '../../contract/index.js'
import { inputName } from '../../contract/input-name.js'
import { queue } from '../live/queue.js'
import { words } from '../words/texts.js'
import { drawIcon } from './icon.js'

/** The job whose page is open. */
export const watched = signal<Job | null>(null)

const share = computed(() => {
  const job = watched.value
  return job?.state === 'active' ? (job.progress?.percent ?? null) : null
})

export function followTitle(): void {
  effect(() => {
    const job = watched.value
    const w = words.value
    if (job === null) {
      const running = queue.value?.counts.active ?? 0
      document.title = running > 0 ? `(${running}) ffleet` : 'ffleet'
      return
    }
    const state = share.value === null ? w.states[job.state] : `${Math.floor(share.value)} %`
    document.title = `${state} · ${inputName(job.input).split('/').at(-1)}`
  })
  effect(() => drawIcon(share.value === null ? null : Math.floor(share.value)))
}
