/** The id of an output root that is a bucket, or a prefix in one. */
import { randomUUID } from 'node:crypto'
import { ROOT_FILE } from '../names.js'
import { idIn, type RootMark } from '../roots.js'
import type { Bucket } from './bucket.js'

/** How long an id that was read counts: a bucket is not unmounted, and every question is paid for. */
const KEPT_MS = 60_000

/** A bucket that does not answer keeps the id that it had. */
export function bucketMark(bucket: Bucket): RootMark {
  let known: { id: string | null; untilMs: number } | null = null
  async function ask(): Promise<string | null> {
    const id = idIn((await bucket.readText(ROOT_FILE)) ?? '')
    known = { id, untilMs: performance.now() + (id === null ? 0 : KEPT_MS) }
    return id
  }
  async function read(): Promise<string | null> {
    if (known !== null && performance.now() < known.untilMs) return known.id
    const before = known?.id ?? null
    return ask().catch((error) => {
      if (before === null) throw error
      return before
    })
  }
  return {
    read,
    async claim() {
      const before = await read()
      if (before !== null) return before
      await bucket.put(ROOT_FILE, `${randomUUID()}\n`, { keepExisting: true })
      const id = await ask()
      if (id === null) throw new Error(`${ROOT_FILE} in the bucket holds no id; remove it, and it is written anew.`)
      return id
    },
  }
}
