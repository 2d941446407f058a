/** Jobs that fit a filter, kept true by the stream of the fleet. */
import { signal } from '@preact/signals'
import { sleep } from '../../client/abort.js'
import { compareEventIds } from '../../client/event-stream.js'
import type { JobPage, ListFilter } from '../../client/index.js'
import type { FleetEvent, Job } from '../../contract/index.js'
import { isTerminal } from '../../contract/states.js'
import { isNarrowed } from '../jobs/filter.js'
import { applyEvent } from './apply-event.js'
import { listenToFleet } from './fleet-stream.js'
import { client } from './server.js'

export type Row = {
  readonly job: Job
  /** When the last word of it came, by `performance.now()`; null before the first. */
  readonly heardMs: number | null
  /** The last event that told of it; null before the first. */
  readonly eventId: string | null
}

const PAGE = 100
/** Running jobs shown on top of the others; a fleet seldom has more slots. */
const MOST_ACTIVE = 1_000
const MOST_NEXT = 50
/** Rows beyond are let go of, and read again when somebody scrolls there. */
const MOST_ROWS = 3_000
/** The list is read again this often at most, whatever happens. */
const READ_EVERY_MS = 1_000

export class JobList {
  /** Rises with every change, at most once a frame. */
  readonly version = signal(0)
  readonly error = signal<Error | null>(null)
  /** The first page has come. */
  readonly loaded = signal(false)
  readonly #filter: ListFilter
  readonly #stop = new AbortController()
  readonly #rows = new Map<string, Row>()
  /** Ended while they were looked at, though older than what is listed. */
  readonly #endedHere = new Set<string>()
  #cursor: string | null = null
  /** The oldest job that was listed; undefined: all are. */
  #oldest: string | undefined = '~'
  /** The newest job that was listed; '~': none was, though there are more. */
  #newest = ''
  /** Rows that somebody scrolled to. */
  #paged = 0
  /** Those that will be started next, in this order. */
  #next: string[] = []
  #order: { runningFirst: boolean; ids: string[] } | null = null
  #early: FleetEvent[] | null = []
  #frame = 0
  #lastReadMs = Number.NEGATIVE_INFINITY
  #reading: Promise<void> | null = null
  #timer: ReturnType<typeof setTimeout> | undefined
  #loadingMore = false

  constructor(filter: ListFilter) {
    this.#filter = filter
    void this.#begin()
  }

  async #begin(): Promise<void> {
    const leave = await listenToFleet({
      onEvents: (events) => this.#onEvents(events),
      onAgain: () => this.reread(),
    })
    this.#stop.signal.addEventListener('abort', leave)
    if (this.#stop.signal.aborted) leave()
    this.reread()
  }

  close(): void {
    this.#stop.abort()
    clearTimeout(this.#timer)
    cancelAnimationFrame(this.#frame)
  }

  get(id: string): Row | undefined {
    return this.#rows.get(id)
  }

  /** There is more to list. */
  get hasMore(): boolean {
    return this.#cursor !== null
  }

  /** Ids in the order in which they are shown: what runs, what ended while it was looked at, what is next, then all by age. */
  order(runningFirst: boolean): readonly string[] {
    if (this.#order?.runningFirst === runningFirst) return this.#order.ids
    const ids = [...this.#rows.keys()].sort((a, b) => (a < b ? 1 : -1))
    if (runningFirst) {
      const ranks = new Map(ids.map((id) => [id, this.#rank(id)]))
      ids.sort((a, b) => ranks.get(a)! - ranks.get(b)!)
    }
    this.#order = { runningFirst, ids }
    return ids
  }

  #rank(id: string): number {
    const { state } = this.get(id)!.job
    if (state === 'active') return -2
    if (this.#endedHere.has(id)) return -1
    const place = this.#next.indexOf(id)
    return state === 'queued' && place >= 0 ? place : this.#next.length
  }

  /** It was removed, of which no event tells. */
  forget(id: string): void {
    this.#rows.delete(id)
    this.#endedHere.delete(id)
    this.#order = null
    this.#changed()
  }

  /** The next page, where there is one and none is under way. */
  async more(): Promise<void> {
    if (this.#cursor === null || this.#loadingMore) return
    this.#loadingMore = true
    try {
      const page = await client.listPage({ ...this.#filter, limit: PAGE, cursor: this.#cursor }, this.#options)
      this.#merge(page)
      this.#setEnd(page)
      this.#paged = this.#rows.size
    } catch {
      // What is drawn next asks again; not at once.
      await sleep(READ_EVERY_MS)
    } finally {
      this.#loadingMore = false
      this.#order = null
      this.#changed()
    }
  }

  /** Reads the newest page and what runs anew, soon. */
  reread(): void {
    if (this.#timer !== undefined || this.#stop.signal.aborted) return
    const waitMs = Math.max(0, this.#lastReadMs + READ_EVERY_MS - performance.now())
    this.#timer = setTimeout(async () => {
      await this.#reading
      this.#timer = undefined
      this.#lastReadMs = performance.now()
      this.#reading = this.#read()
    }, waitMs)
  }

  get #options() {
    return { signal: this.#stop.signal }
  }

  async #read(): Promise<void> {
    try {
      const page = await client.listPage({ ...this.#filter, limit: PAGE }, this.#options)
      const [active, next] = await Promise.all([this.#activeOnes(), this.#nextOnes()])
      this.#forgetMissing(page, active, next)
      if (this.#skipped(page)) {
        this.#forgetBefore(page)
        this.#setEnd(page)
      }
      this.#newest = page.items[0]?.id ?? (page.nextCursor === null ? '' : '~')
      for (const each of [page, ...active, { ...page, items: next }]) this.#merge(each)
      this.#next = next.map(({ id }) => id)
      const early = this.#early ?? []
      this.#early = null
      this.#trim()
      this.#order = null
      this.#apply(early, page.lastEventId)
      this.error.value = null
      this.loaded.value = true
    } catch (error) {
      if (this.#stop.signal.aborted) return
      this.error.value = error as Error
      setTimeout(() => this.reread(), READ_EVERY_MS)
    }
    this.#changed()
  }

  async #activeOnes(): Promise<JobPage[]> {
    const { state } = this.#filter
    if (state !== undefined && state !== 'active') return []
    const pages: JobPage[] = []
    let cursor: string | undefined
    for (let count = 0; count < MOST_ACTIVE; ) {
      const page = await client.listPage({ ...this.#filter, state: 'active', limit: 200, cursor }, this.#options)
      pages.push(page)
      count += page.items.length
      if (page.nextCursor === null) break
      cursor = page.nextCursor
    }
    return pages
  }

  /** What is next stands on top of what waits, where all that waits is listed. */
  async #nextOnes(): Promise<Job[]> {
    const { state } = this.#filter
    if (isNarrowed(this.#filter) || (state !== undefined && state !== 'queued')) return []
    return client.queueNext({ limit: MOST_NEXT }, this.#options)
  }

  #setEnd(page: JobPage): void {
    this.#cursor = page.nextCursor
    this.#oldest = page.nextCursor === null ? undefined : page.nextCursor
  }

  /** More jobs came since the last time than a page holds, or there was none: between it and the rows are others. */
  #skipped(page: JobPage): boolean {
    return !this.loaded.value || (page.nextCursor !== null && page.nextCursor > this.#newest)
  }

  /** What lies behind the page is read again when somebody scrolls there. */
  #forgetBefore(page: JobPage): void {
    const oldest = page.nextCursor ?? ''
    for (const [id, { job }] of this.#rows) {
      if (id < oldest && job.state !== 'active' && !this.#endedHere.has(id)) this.#rows.delete(id)
    }
    this.#paged = 0
  }

  /** Jobs that should stand on what was read and do not: removed, or they fit the filter no more. */
  #forgetMissing(page: JobPage, active: JobPage[], next: Job[]): void {
    const there = new Set([...[page, ...active].flatMap(({ items }) => items), ...next].map(({ id }) => id))
    const oldest = page.nextCursor === null ? '' : (page.items.at(-1)?.id ?? page.nextCursor)
    for (const [id, { job, eventId }] of this.#rows) {
      const isLater = eventId !== null && compareEventIds(eventId, page.lastEventId) > 0
      const shouldBe = id >= oldest || job.state === 'active' || this.#next.includes(id)
      if (!there.has(id) && shouldBe && !isLater && !this.#endedHere.has(id)) this.#rows.delete(id)
    }
  }

  /** What is known from later events goes before what was read. */
  #merge(page: JobPage): void {
    for (const job of page.items) {
      const row = this.#rows.get(job.id)
      const isLater = row?.eventId != null && compareEventIds(row.eventId, page.lastEventId) > 0
      if (!isLater) this.#rows.set(job.id, { job, heardMs: row?.heardMs ?? null, eventId: row?.eventId ?? null })
    }
  }

  #onEvents(events: FleetEvent[]): void {
    if (this.#early !== null) this.#early.push(...events)
    else this.#apply(events)
  }

  #apply(events: FleetEvent[], after?: string): void {
    const heardMs = performance.now()
    for (const event of events) {
      // A worker hands its jobs back without a word of them.
      if (event.type === 'worker.left') this.reread()
      if (!('jobId' in event) || (after !== undefined && compareEventIds(event.id, after) <= 0)) continue
      const row = this.#rows.get(event.jobId)
      if (row === undefined) {
        // Progress alone makes no job fit.
        if (event.type !== 'progress' && event.type !== 'log') this.reread()
        continue
      }
      if (row.eventId !== null && compareEventIds(event.id, row.eventId) <= 0) continue
      const job = applyEvent(row.job, event)
      this.#rows.set(job.id, { job, heardMs, eventId: event.id })
      if (job.state !== row.job.state) this.#stateChanged(job)
    }
    this.#changed()
  }

  #stateChanged(job: Job): void {
    const { state } = this.#filter
    this.#order = null
    if (isTerminal(job.state) && this.#oldest !== undefined && job.id < this.#oldest) this.#endedHere.add(job.id)
    if (!isTerminal(job.state)) this.#endedHere.delete(job.id)
    if (state !== undefined && job.state !== state) this.#rows.delete(job.id)
    // A place in the queue got free, and whatever else no event tells.
    this.reread()
  }

  #trim(): void {
    const most = Math.max(MOST_ROWS, this.#paged)
    if (this.#rows.size <= most) return
    const ids = [...this.#rows.keys()].filter((id) => this.get(id)!.job.state !== 'active').sort()
    for (const id of ids.splice(0, this.#rows.size - most)) {
      this.#rows.delete(id)
      this.#endedHere.delete(id)
    }
    // A page may begin behind any job.
    this.#cursor = ids.find((id) => !this.#endedHere.has(id)) ?? null
    this.#oldest = this.#cursor ?? undefined
  }

  #changed(): void {
    if (this.#frame !== 0) return
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0
      this.version.value++
    })
  }
}
