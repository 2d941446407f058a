import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Job } from '../../contract/index.js'
import { isTerminal } from '../../contract/states.js'
import { words } from '../words/texts.js'

/** Jobs whose end somebody wants to be told, while their page is open. */
const wanted = signal<ReadonlySet<string>>(new Set())

/** Asks the browser for leave once somebody wants it, not before. */
export function NotifyButton({ job }: { job: Job }) {
  const w = words.value
  const isWanted = wanted.value.has(job.id)
  useEffect(() => {
    if (!isWanted || !isTerminal(job.state)) return
    wanted.value = new Set([...wanted.value].filter((id) => id !== job.id))
    const text = job.error === null ? undefined : job.error.title
    new Notification(w.nowIs(job.input.uri, job.state), { tag: job.id, ...(text === undefined ? {} : { body: text }) })
  }, [job.state, isWanted])
  if (typeof Notification === 'undefined' || Notification.permission === 'denied' || isTerminal(job.state)) return null
  const toggle = async () => {
    if (isWanted) wanted.value = new Set([...wanted.value].filter((id) => id !== job.id))
    else if ((await Notification.requestPermission()) === 'granted') wanted.value = new Set([...wanted.value, job.id])
  }
  return (
    <button type="button" aria-pressed={isWanted} onClick={() => void toggle()}>
      {isWanted ? w.willNotify : w.notify}
    </button>
  )
}
