import { Job, type Queue } from 'bullmq'
import type { Connection } from '../connection.js'
import { placeInLine } from './lines.js'

/** Four words for each job that BullMQ has at another place: its id, its priority there, and two marks. */
export type Changes = (string | number)[]

/** Who is next: tenants in turn, each tenant's jobs by priority and time. */
export type Turns = {
  /**
   * Tells BullMQ whose turn it is, after anything that may have changed it: a job that came, began, ended or was cancelled.
   * May be repeated and left out: the next call puts right what an earlier one left.
   */
  callUp(tenant: string | null): Promise<void>
  callUpAll(): Promise<void>
  /** Tells BullMQ what a script found. */
  tell(changes: Changes): Promise<void>
  /** Where a job waits, 1 for the next; null where it has no place. `full`: its tenant runs as many as it may. */
  placeOf(id: string): Promise<{ place: number | null; full: boolean }>
  /** The place of a job that would come now. */
  placeOfNext(tenant: string | null, priority: number): Promise<number | null>
  /** Ids of the jobs that wait, in the order in which they will begin. */
  first(limit: number): Promise<string[]>
}

/** Two that call up at once see each other's changes at the second look, and a third one hardly ever. */
const LOOKS = 3

export function createTurns({ redis, bull }: { redis: Connection; bull: Queue }): Turns {
  async function call(tenant: string | null, all: '1' | ''): Promise<void> {
    for (let look = 0; look < LOOKS; look++) {
      const changes = await redis.ffCallUp(Date.now(), tenant ?? '', all)
      if (changes.length === 0) return
      await tell(changes)
      // One job that follows on the one which began: nobody else changes that.
      if (changes.length === 4) return
    }
  }

  async function tell(changes: Changes): Promise<void> {
    await Promise.all(changesIn(changes).map(change))
  }

  /** In two commands sent one after the other: a job that is promoted takes the priority it has by then. */
  async function change({ id, priority, first, promote }: Change): Promise<void> {
    // Only its id counts here: BullMQ changes what it has, and need not give it out before.
    const job = new Job(bull, 'transcode', {}, {}, id)
    // Where it began, ended or was promoted meanwhile there is nothing to change.
    await Promise.all([
      job.changePriority({ priority, lifo: first }).catch(unlessGone),
      promote && job.promote().catch(unlessGone),
    ])
  }

  return {
    callUp: (tenant) => call(tenant, ''),
    callUpAll: () => call(null, '1'),
    tell,
    async placeOf(id) {
      const [place, full] = await redis.ffPlace(id)
      return { place: place === 0 ? null : place, full: full === '1' }
    },
    async placeOfNext(tenant, priority) {
      const [place] = await redis.ffPlace('', tenant ?? '', placeInLine(priority))
      return place === 0 ? null : place
    },
    first: (limit) => redis.ffOrder(limit),
  }
}

type Change = { id: string; priority: number; first: boolean; promote: boolean }

function changesIn(flat: Changes): Change[] {
  return Array.from({ length: flat.length / 4 }, (_, i) => {
    const [id, priority, first, promote] = flat.slice(4 * i, 4 * i + 4)
    return { id: String(id), priority: Number(priority), first: first === '1', promote: promote === '1' }
  })
}

/** BullMQ's codes of a job that it does not have any more, or not in that state. */
const GONE: unknown[] = [-1, -3]

function unlessGone(error: Error & { code?: unknown }): void {
  if (!GONE.includes(error.code)) throw error
}
