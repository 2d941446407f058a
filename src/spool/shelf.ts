/** The copies that a worker has, each fetched once at a time whoever wants it, and removed when room is needed. */
import { randomUUID } from 'node:crypto'
import { access, rm, statfs } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { FfleetError, shownUri } from '../contract/index.js'
import type { Remote } from '../remote/index.js'
import { Copy } from './copy.js'
import { download, WAITS_MS } from './download.js'
import { makeOwnFolder, type OwnFolder } from './owner.js'
import { Room } from './room.js'

export type ShelfOptions = {
  /** Folder of the spool; those of other workers may lie in it, too. */
  folder: string
  /** What this worker may take of the disk. */
  capacity: number
  /** Larger inputs are refused. */
  maxBytes: number
  remote: Pick<Remote, 'open'>
  /** Before each further try of a fetch in ms; default: four of them, over 7.5 s. */
  waitsMs?: readonly number[]
}

/** A file that somebody wants, by its URI. */
export type Item = {
  uri: string
  copy: Copy
  /** What is being done for it; null: it lies there, whole or in part. */
  run: Promise<void> | null
  /** Those who wait for the run or are about to open the copy, each told when more is here. */
  waiting: Set<() => void>
  /** Ends the run. */
  stop: AbortController
  /** Somebody who waits for it holds something that others may be waiting for. */
  isFront: boolean
  /** It was here already, and still is what stands at the URI. */
  reused: boolean
}

export type Shelf = ReturnType<typeof createShelf>

export function createShelf({ folder, capacity, maxBytes, remote, waitsMs = WAITS_MS }: ShelfOptions) {
  /** In the order of their last use. */
  const items = new Map<string, Item>()
  let own: Promise<OwnFolder> | null = null
  const room = new Room(capacity, evict)

  /** The item of a URI, with a run for it to wait for. */
  function want(uri: string): Item {
    let item = items.get(uri)
    const isAborted = item?.stop.signal.aborted
    if (item?.run != null && !isAborted) return item
    const former = isAborted && !item!.copy.isWhole ? undefined : item?.copy
    item = {
      ...{ uri, waiting: new Set(), stop: new AbortController(), isFront: false, reused: false },
      ...{ copy: former ?? new Copy(''), run: null },
    }
    put(item)
    item.run = fetchItem(item).finally(() => (item.run = null))
    item.run.catch(() => {})
    return item
  }

  function put(item: Item): void {
    items.delete(item.uri)
    items.set(item.uri, item)
  }

  async function fetchItem(item: Item): Promise<void> {
    const { uri, stop } = item
    const { signal } = stop
    try {
      // Whoever clears temporary folders may have taken it.
      const isThere = await exists(item.copy.path)
      if (isThere && item.copy.isWhole && (await isCurrent(item))) {
        item.reused = true
        return
      }
      if (!isThere || item.copy.isWhole) await replace(item)
      const { copy } = item
      await download(copy, {
        uri,
        store: remote,
        signal,
        waitsMs,
        reserve: (bytes) => reserve(item, bytes),
        grow: (bytes) => grow(copy, bytes),
        onProgress: () => {
          for (const tell of item.waiting) tell()
        },
      })
      settle(copy, copy.bytes!)
    } catch (error) {
      // What is whole is somebody's, or as good as it was: it was not even known whether it still is current.
      if (item.copy.isWhole) throw error
      const isFinal = !(error instanceof FfleetError) || error.code !== 'FETCH_FAILED'
      // What is here already is gone on from where the next attempt comes to this worker.
      settle(item.copy, item.copy.have === 0 || isFinal ? 0 : item.copy.reserved)
      if (item.copy.reserved === 0) await drop(item)
      throw error
    } finally {
      room.look()
    }
  }

  /** Whether the copy still is what stands at the URI. */
  async function isCurrent({ uri, copy, stop }: Item): Promise<boolean> {
    const { validator, bytes } = copy.facts!
    if (validator === null || bytes === 0) return false
    // Whatever is wrong, the fetch will meet it again and has the words for it.
    const body = await remote
      .open(uri, { from: 0, to: 1 }, { known: null, signal: stop.signal })
      .catch(() => stop.signal.throwIfAborted() ?? null)
    body?.close()
    return body !== null && body.facts.validator === validator && body.facts.bytes === bytes
  }

  /** An empty copy in place of another one, which stays with those who hold it. */
  async function replace(item: Item): Promise<void> {
    await discard(item.copy)
    const ending = extname(shownUri(item.uri))
    const name = `${randomUUID()}${/^\.[A-Za-z0-9]{1,8}$/.test(ending) ? ending : ''}`
    item.copy = new Copy(join(await ownFolder(), name))
  }

  async function ownFolder(): Promise<string> {
    const former = own
    if (former !== null && !(await exists((await former).path)) && own === former) {
      own = null
      await (await former).remove()
    }
    own ??= makeOwnFolder(folder)
    own.catch(() => (own = null))
    return (await own).path
  }

  async function reserve(item: Item, bytes: number): Promise<void> {
    requireFitting(bytes)
    const { copy } = item
    const missing = bytes - copy.reserved
    if (missing > 0) await room.reserve(missing, { isFront: () => item.isFront, signal: item.stop.signal })
    copy.reserved = Math.max(copy.reserved, bytes)
    const { bavail, bsize } = await statfs((await own!).path)
    if (bytes - copy.have > bavail * bsize) {
      throw new FfleetError('DISK_FULL', 'The disk of the spool has no room for the input.', {
        hint: 'Free space on the disk of FFLEET_SPOOL_DIR, or set it to another one.',
      })
    }
  }

  function grow(copy: Copy, bytes: number): void {
    requireFitting(bytes)
    if (bytes <= copy.reserved) return
    const step = Math.min(Math.max(bytes - copy.reserved, GROWS_BY), capacity - copy.reserved)
    if (!room.take(step)) {
      throw new FfleetError('DISK_FULL', 'The spool has no room for the input, whose size its server does not tell.', {
        hint: 'Retry the job when others have ended, or raise FFLEET_SPOOL_BYTES.',
      })
    }
    copy.reserved += step
  }

  function requireFitting(bytes: number): void {
    const what = `The input has ${bytes} bytes or more`
    if (bytes > maxBytes) throw new FfleetError('INPUT_TOO_LARGE', `${what}; at most ${maxBytes} are read.`)
    if (bytes > capacity) throw tooLargeForSpool(what, capacity)
  }

  /** Gives back what a copy does not need. */
  function settle(copy: Copy, bytes: number): void {
    room.free(copy.reserved - bytes)
    copy.reserved = bytes
  }

  async function drop(item: Item): Promise<void> {
    if (items.get(item.uri) === item) items.delete(item.uri)
    await discard(item.copy)
  }

  /** Nobody will want it again; the file goes with the last who holds it. */
  async function discard(copy: Copy): Promise<void> {
    if (copy.path === '') return
    await copy.close().catch(() => {})
    await rm(copy.path, { force: true }).catch(() => {})
    copy.isGone = true
    if (copy.users === 0) settle(copy, 0)
  }

  /** The one that nobody has used for the longest time makes room. */
  function evict(): boolean {
    for (const item of items.values()) {
      const { copy } = item
      if (item.run !== null || item.waiting.size > 0 || copy.users > 0 || copy.reserved === 0) continue
      items.delete(item.uri)
      settle(copy, 0)
      // Its room is given away at once, its blocks are a moment later.
      void discard(copy)
      return true
    }
    return false
  }

  return {
    capacity,
    want,
    /** Somebody who waits for the item holds others already. */
    toFront(item: Item): void {
      item.isFront = true
      room.look()
    },
    /** Nobody waits for the run any more. */
    abandon(item: Item, reason: unknown): void {
      item.stop.abort(reason)
    },
    /** One who held the copy has closed it. */
    release(uri: string, copy: Copy): void {
      copy.users--
      const item = items.get(uri)
      if (copy.isGone && copy.users === 0) settle(copy, 0)
      else if (item?.copy === copy) put(item)
      room.look()
    },
    /** Somebody who waited does not any more. */
    look: () => room.look(),
    async close(): Promise<void> {
      for (const { stop } of items.values()) stop.abort(new Error('the spool is closed'))
      await Promise.allSettled([...items.values()].map(({ run }) => run))
      await own?.then((folder) => folder.remove()).catch(() => {})
    },
  }
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )

/** Where a size is not known, room is taken in such steps. */
const GROWS_BY = 64 * 1024 ** 2

export function tooLargeForSpool(what: string, capacity: number): FfleetError {
  return new FfleetError('INPUT_TOO_LARGE', `${what}; the spool of the worker takes ${capacity}.`, {
    hint: 'Send a smaller file, or raise FFLEET_SPOOL_BYTES.',
  })
}
