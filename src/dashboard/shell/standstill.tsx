import { queue, workers } from '../live/queue.js'
import { words } from '../words/texts.js'
import { Link } from './link.js'
import { address } from './router.js'

/** Jobs wait and nobody will take them: a dead fleet looks like a busy one. */
export function Standstill() {
  const w = words.value
  const why = reason()
  return why === null ? null : (
    <p class="notice warn" role="status">
      {w.standstill.waiting(queue.value!.counts.queued)} {w.standstill[why]}{' '}
      {address.value.path === '/workers' ? null : <Link to="/workers">{w.fleet}</Link>}
    </p>
  )
}

function reason(): 'paused' | 'nobody' | 'draining' | 'unhealthy' | null {
  const info = queue.value
  if (info === null || info.counts.queued === 0) return null
  if (info.paused) return 'paused'
  if (info.workers === 0) return 'nobody'
  // Those of a tenant may not know how the workers do.
  if (workers.value === null) return null
  const states = new Set(workers.value.map(({ state }) => state))
  if (states.size === 0) return 'nobody'
  if (states.has('running')) return null
  return states.has('draining') ? 'draining' : 'unhealthy'
}
