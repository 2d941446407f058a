import { setTimeout as sleep } from 'node:timers/promises'
import type { FfleetClient } from '../client/index.js'

const LOOK_MS = 250
const PAGE = 1_000

/** Reads ffmpeg's log of a job while it grows. Where it can't be read nothing is told of it. */
export class LogFollower {
  readonly #client: FfleetClient
  readonly #jobId: string
  readonly #most: number
  readonly #lines: string[] = []
  #after = 0
  #attempt: number | undefined
  #isOver = false
  #reading: Promise<void> | null = null

  /** `most`: how many lines are kept for `text`; 0: all. */
  constructor(client: FfleetClient, jobId: string, most: number) {
    this.#client = client
    this.#jobId = jobId
    this.#most = most
  }

  /** Tells each line; looks only while somebody `listens`, and then from the first line on. */
  begin(listens: () => boolean, tell: (line: string) => void): void {
    this.#reading ??= (async () => {
      while (!this.#isOver) {
        if (listens()) await this.#readOn(tell)
        await sleep(LOOK_MS)
      }
      await this.#readOn(tell)
    })().catch(() => {})
  }

  /** The job has ended: reads what is left. */
  async end(): Promise<string> {
    this.#isOver = true
    await this.#reading
    return this.#lines.join('\n')
  }

  async #readOn(tell: (line: string) => void): Promise<void> {
    for (;;) {
      const query = { after: this.#after, limit: PAGE, attempt: this.#attempt }
      const page = await this.#client.logLines(this.#jobId, query).catch(() => null)
      if (page === null) return
      this.#attempt = page.attempt
      for (const { text } of page.items) {
        this.#lines.push(text)
        tell(text)
      }
      if (this.#most > 0) this.#lines.splice(0, this.#lines.length - this.#most)
      if (page.next === null || page.next === this.#after) return
      this.#after = page.next
    }
  }
}
