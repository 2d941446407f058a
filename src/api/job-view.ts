import { type FleetEvent, isTerminalEvent, type Job } from '../contract/index.js'
import type { Entry } from '../queue/index.js'
import type { WatchLinks } from './watch/watch-links.js'
import { watcherEvent } from './watch/watcher-view.js'

/** Jobs as the API shows them: with a signed `links.watch`. */
export class JobView {
  readonly #links: WatchLinks

  constructor(links: WatchLinks) {
    this.#links = links
  }

  async show(job: Job): Promise<Job> {
    await this.#links.ready()
    return this.#signed(job)
  }

  /** The text of an event; the terminal ones carry their job. */
  eventJson(entry: Entry<FleetEvent>): string {
    if (!isTerminal(entry)) return entry.json
    return JSON.stringify({ ...entry.event, job: this.#signed(entry.event.job) })
  }

  #signed(job: Job): Job {
    const token = this.#links.sign(job.id)
    return token === null ? job : { ...job, links: { ...job.links, watch: `${job.links.events}?token=${token}` } }
  }
}

/** The text of an event for whoever holds a watch link. */
export function watcherJson({ event, json }: Entry<FleetEvent>): string {
  const shown = watcherEvent(event)
  return shown === event ? json : JSON.stringify(shown)
}

/** Says so without making the event's object. */
function isTerminal(entry: Entry<FleetEvent>): entry is Entry<Extract<FleetEvent, { job: Job }>> {
  return isTerminalEvent({ type: entry.type })
}
