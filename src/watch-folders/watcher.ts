/** The process that watches: walks the folders, looks again at what waits, follows the jobs it made. */
import { hostname } from 'node:os'
import type { FfleetClient } from '../client/index.js'
import type { WatchRule } from '../contract/index.js'
import type { Logger } from '../log/index.js'
import type { WatcherQueue } from '../queue/index.js'
import { createClaims, looksInto } from './claims.js'
import { followAll, followJobs } from './ends.js'
import { forgetGone } from './forget.js'
import { Gate } from './gate.js'
import { Hints } from './hints.js'
import { type Looking, lookAtDue, lookAtFound } from './look.js'
import type { Presets } from './request.js'
import { beginnings, isFolder, lookAt, walk } from './walk.js'

export type WatchOptions = {
  mediaRoot: string
  rules: readonly WatchRule[]
  queue: WatcherQueue
  client: Pick<FfleetClient, 'submit' | 'dryRun'>
  presets: Presets
  /** How often folders are walked. */
  rescanMs: number
  log: Pick<Logger, 'info' | 'warn' | 'error'>
}

/** How often it looks whether there is something to do. */
const TICK_MS = 500
const ALIVE_EVERY_MS = 30_000
const FORGET_EVERY_MS = 3_600_000
/** After something went wrong. */
const REST_MS = 2_000
const MOST_AT_A_TIME = 200
/** More ends than this at once are left to the next look at all. */
const MOST_ENDS = 10_000

/** Watches until it is stopped. Whatever goes wrong is logged, and tried again. */
export class FolderWatch {
  readonly #options: WatchOptions
  readonly #stopping = new AbortController()
  readonly #gate = new Gate()
  readonly #hints: Hints
  readonly #looking: Looking
  /** By the folder that it was seen at. */
  readonly #faults = new Map<string, string>()
  readonly #next = { walk: 0, due: 0, alive: 0, forget: 0 }
  #ended = new Set<string>()
  #wake = () => {}
  #running: Promise<void> | null = null
  #lookedMs: number | null = null
  #trouble: string | null = null

  constructor(options: WatchOptions) {
    this.#options = options
    const { mediaRoot, rules, queue, client, presets } = options
    this.#hints = new Hints(mediaRoot, () => this.#wake())
    this.#looking = {
      mediaRoot,
      files: queue.files,
      claims: createClaims(rules),
      taking: { client, presets, gate: this.#gate, signal: this.#stopping.signal },
      // A short job may have ended before its file was known to have it.
      onSubmitted: (jobId) => this.#onEnded(jobId),
    }
  }

  start(): void {
    this.#running ??= this.#run()
  }

  /** Resolves when nothing of it runs any more. Jobs that were made go on. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#wake()
    await this.#running
    this.#hints.close()
    await this.#options.queue.close()
  }

  async #run(): Promise<void> {
    let isListening = false
    while (!this.#stopping.signal.aborted) {
      try {
        if (!isListening) {
          const lookAgain = () => void (this.#next.walk = 0)
          await this.#options.queue.onEnded((jobId) => this.#onEnded(jobId), lookAgain)
          isListening = true
        }
        const isMore = await this.#turn()
        this.#say(this.#gate.reason)
        if (!isMore) await this.#sleep(TICK_MS)
      } catch (error) {
        if (this.#stopping.signal.aborted) return
        this.#say(error instanceof Error ? error.message : String(error), error)
        // What it had in hand is found again by a walk.
        this.#next.walk = 0
        await this.#sleep(REST_MS)
      }
    }
  }

  /** Whether there is more to do at once. */
  async #turn(): Promise<boolean> {
    const { mediaRoot, queue, rescanMs } = this.#options
    if (Date.now() >= this.#next.walk) {
      this.#next.walk = Date.now() + rescanMs
      await this.#walkAll()
      await followAll({ ...this.#options, files: queue.files })
    }
    await this.#heedHints()
    const ended = [...this.#ended]
    this.#ended = new Set()
    await followJobs({ ...this.#options, files: queue.files }, ended)
    const isMore = await this.#lookAtDue()
    if (Date.now() >= this.#next.forget) {
      this.#next.forget = Date.now() + FORGET_EVERY_MS
      await forgetGone(mediaRoot, queue.files)
    }
    return isMore
  }

  async #lookAtDue(): Promise<boolean> {
    const { rules, queue } = this.#options
    const names = rules.map(({ name }) => name)
    const due = await queue.files.due(names, Date.now(), MOST_AT_A_TIME)
    if (due.length > 0) await lookAtDue(this.#looking, due)
    this.#next.due = Date.now() + TICK_MS
    if (Date.now() >= this.#next.alive) await this.#tell()
    return due.length >= MOST_AT_A_TIME
  }

  async #walkAll(): Promise<void> {
    this.#faults.clear()
    for (const folder of beginnings(this.#options.rules)) await this.#walk(folder)
    this.#lookedMs = Date.now()
    await this.#tell()
  }

  #walk(start: string): Promise<void> {
    return walk(this.#options.mediaRoot, this.#options.rules, start, {
      onFiles: async (files) => {
        await lookAtFound(this.#looking, files)
        // A walk may take long, and what is due does not wait for it.
        if (Date.now() >= this.#next.due) await this.#lookAtDue()
      },
      onFolder: (folder) => this.#hints.listen(folder),
      onFault: (folder, code) => void this.#faults.set(folder, code),
      signal: this.#stopping.signal,
    })
  }

  /** What is due is looked at then, whatever is told of it before; a film that is copied for an hour tells all the time. */
  async #heedHints(): Promise<void> {
    const { mediaRoot, rules, queue } = this.#options
    const hints = this.#hints.take()
    if (hints.walk) this.#next.walk = 0
    const known = await queue.files.read(hints.paths)
    const unforeseen = hints.paths.filter((_, i) => known[i]?.record.dueMs === undefined)
    const found = await Promise.all(unforeseen.map((path) => lookAt(mediaRoot, path)))
    await lookAtFound(
      this.#looking,
      found.filter((file) => file !== null),
    )
    const others = unforeseen.filter((path, i) => found[i] === null && rules.some((rule) => looksInto(rule, path)))
    for (const path of others) if (await isFolder(mediaRoot, path)) await this.#walk(path)
  }

  async #tell(): Promise<void> {
    const { rules, queue } = this.#options
    const nowMs = Date.now()
    for (const rule of rules) {
      const [folder, code] = [...this.#faults].find(([each]) => looksInto(rule, each)) ?? []
      const fault = code === undefined ? this.#gate.reason : `The folder ${folder || '.'} cannot be read (${code}).`
      await queue.files.tell({ rule, host: hostname(), lookedMs: this.#lookedMs, aliveMs: nowMs, fault })
    }
    this.#next.alive = nowMs + ALIVE_EVERY_MS
  }

  #onEnded(jobId: string): void {
    if (this.#ended.size >= MOST_ENDS) this.#next.walk = 0
    else this.#ended.add(jobId)
    this.#wake()
  }

  /** Why it waits, once, however often it is tried again; null: it goes on. */
  #say(trouble: string | null, error?: unknown): void {
    if (trouble === this.#trouble) return
    // Another reason for the same wait is told in the list.
    if (trouble === null) this.#options.log.info('watch folders go on')
    else if (this.#trouble === null) this.#options.log.warn({ reason: trouble, err: error }, 'watch folders wait')
    this.#trouble = trouble
    this.#next.alive = 0
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((done) => {
      const timer = setTimeout(done, ms)
      this.#wake = () => {
        clearTimeout(timer)
        setTimeout(done, SETTLE_HINTS_MS)
      }
    })
  }
}

/** What comes at once, such as a thousand files, is heeded together. */
const SETTLE_HINTS_MS = 100
