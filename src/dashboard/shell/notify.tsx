import { signal } from '@preact/signals'
import { isTerminalEvent } from '../../contract/events.js'
import type { Job } from '../../contract/index.js'
import { inputName } from '../../contract/input-name.js'
import { isTerminal } from '../../contract/states.js'
import { listenToFleet } from '../live/fleet-stream.js'
import { client } from '../live/server.js'
import { words } from '../words/texts.js'
import { go } from './router.js'

const KEPT = 'ffleet.notify'

/** Jobs whose end somebody wants to be told, wherever in this tab they are by then. */
const wanted = signal<ReadonlySet<string>>(new Set(JSON.parse(sessionStorage.getItem(KEPT) ?? '[]') as string[]))

function want(id: string, isWanted: boolean): void {
  const next = new Set(wanted.value)
  if (isWanted) next.add(id)
  else next.delete(id)
  sessionStorage.setItem(KEPT, JSON.stringify([...next]))
  wanted.value = next
}

function hear(job: Job): void {
  if (!isTerminal(job.state) || !wanted.value.has(job.id)) return
  want(job.id, false)
  try {
    const options = { tag: job.id, ...(job.error && { body: job.error.title }) }
    const shown = new Notification(words.value.nowIs(inputName(job.input), job.state), options)
    shown.onclick = () => {
      window.focus()
      go(`/jobs/${job.id}`)
    }
  } catch {
    // Chromium on Android has the class, and refuses to make one.
  }
}

/** Those that ended while nobody listened. */
function lookAgain(): void {
  for (const id of wanted.value) void client.get(id).then(hear, () => {})
}

void listenToFleet({
  onEvents: (events) => {
    for (const event of events) if (isTerminalEvent(event)) hear(event.job)
  },
  onAgain: lookAgain,
}).then(lookAgain)

/** Asks the browser for leave once somebody wants it, not before. */
export function NotifyButton({ job }: { job: Job }) {
  const w = words.value
  const isWanted = wanted.value.has(job.id)
  if (typeof Notification === 'undefined' || Notification.permission === 'denied' || isTerminal(job.state)) return null
  const toggle = async () => {
    if (isWanted || (await Notification.requestPermission()) === 'granted') want(job.id, !isWanted)
  }
  return (
    <button type="button" aria-pressed={isWanted} onClick={() => void toggle()}>
      {isWanted ? w.willNotify : w.notify}
    </button>
  )
}
