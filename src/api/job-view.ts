import { type FleetEvent, isTerminalEvent, type Job } from '../contract/index.js'
import type { Entry } from '../queue/index.js'
import { createWatchTokens, type WatchTokens } from './watch-token.js'
import { watcherEvent } from './watcher-view.js'

/** Jobs as the API shows them: with a signed `links.watch`. */
export class JobView {
  readonly #secret: () => Promise<string>
  readonly #watchLinksMs: number | undefined
  #tokens: WatchTokens | null = null

  /** `secret` is asked once, when it is first needed. */
  constructor(secret: () => Promise<string>, watchLinksMs?: number) {
    this.#secret = secret
    this.#watchLinksMs = watchLinksMs
  }

  /** Resolves when jobs can be shown. Rejects while the secret cannot be had. */
  async ready(): Promise<WatchTokens> {
    this.#tokens ??= createWatchTokens(await this.#secret(), {
      ...(this.#watchLinksMs !== undefined && { lifeMs: this.#watchLinksMs }),
    })
    return this.#tokens
  }

  async show(job: Job): Promise<Job> {
    return signed(job, this.#tokens ?? (await this.ready()))
  }

  /** The text of an event; the terminal ones carry their job. */
  eventJson(entry: Entry<FleetEvent>): string {
    if (this.#tokens === null || !isTerminal(entry)) return entry.json
    return JSON.stringify({ ...entry.event, job: signed(entry.event.job, this.#tokens) })
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

function signed(job: Job, tokens: WatchTokens): Job {
  return { ...job, links: { ...job.links, watch: `${job.links.events}?token=${tokens.sign(job.id)}` } }
}
