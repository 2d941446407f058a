/** The job of a watch link, by its token alone. */
import { type Signal, signal } from '@preact/signals'
import { sleep } from '../../client/abort.js'
import { FfleetApiError, type FfleetClient } from '../../client/index.js'
import type { Job, JobEvent } from '../../contract/index.js'
import { applyEvent } from '../live/apply-event.js'

export type Watched = {
  job: Signal<Job | null>
  live: Signal<boolean>
  /** Why nothing will come: the link has run out, or there is no such job. */
  over: Signal<'invalid' | 'unknown' | null>
}

/** Once the job has ended somebody may run it again. */
const AGAIN_MS = 15_000
const RETRY_MS = 2_000

export function watchLink(client: FfleetClient, token: string): Watched {
  const watched: Watched = { job: signal(null), live: signal(false), over: signal(null) }
  const id = location.pathname.split('/').at(-2) ?? ''
  void follow(client, `/v1/jobs/${id}/events?token=${encodeURIComponent(token)}`, id, watched)
  return watched
}

async function follow(client: FfleetClient, link: string, id: string, { job, live, over }: Watched): Promise<void> {
  let after: string | undefined
  const onConnect = () => {
    live.value = true
  }
  const onDisconnect = () => {
    live.value = false
  }
  const take = (event: JobEvent) => {
    after = event.id
    job.value = applyEvent(job.value ?? { ...BLANK, id, createdAt: event.at }, event)
  }
  for (;;) {
    try {
      for await (const event of client.watchLink(link, { after, onConnect, onDisconnect })) take(event)
      live.value = true
      await sleep(AGAIN_MS)
    } catch (error) {
      live.value = false
      const status = error instanceof FfleetApiError ? error.status : 0
      if (status === 401 || status === 404) {
        over.value = status === 401 ? 'invalid' : 'unknown'
        return
      }
      await sleep(RETRY_MS)
    }
  }
}

/** What is known of a job before its first event. */
const BLANK: Job = {
  id: '',
  state: 'queued',
  phase: null,
  attempt: 0,
  maxAttempts: 1,
  priority: 0,
  tags: {},
  input: { uri: '', startMs: null, endMs: null, expectedDurationMs: null },
  outputs: [],
  progress: null,
  error: null,
  warnings: [],
  queuePosition: null,
  forecast: null,
  worker: null,
  timeoutMs: null,
  createdAt: '',
  startedAt: null,
  finishedAt: null,
  links: { self: '', events: '', report: '', log: '', watch: '' },
}
