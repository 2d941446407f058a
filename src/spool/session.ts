/** The inputs of one job in the spool. */
import { open } from 'node:fs/promises'
import { inputFile, type OpenInput } from '../storage/inputs.js'
import type { Copy } from './copy.js'
import { Growing } from './growing.js'
import { type Item, type Shelf, tooLargeForSpool } from './shelf.js'

export type FetchOptions = {
  signal: AbortSignal
  /** More is here; `total` null: not known. Not told of what was here already. */
  onProgress(fetched: number, total: number | null): void
  /** It has begun to come, and can be read from its beginning on: told once, of a file of which the size is known and what tells it apart from others. */
  onGrowing?: ((file: Growing) => void) | undefined
}

/** A file that was fetched, held open, and what is known of where it came from. */
export type Fetched = {
  held: OpenInput
  etag: string | null
  lastModified: string | null
  /** It was here already, and still was the same at its source. */
  reused: boolean
}

export type SpoolSession = {
  fetch(uri: string, options: FetchOptions): Promise<Fetched>
}

/**
 * `isSeveral`: the job waits for one of its inputs while it holds another. There is one such job at a time, and it goes before all others, so that no two can wait
 * for each other.
 */
export function openSession(shelf: Shelf, isSeveral: boolean): SpoolSession {
  const sizes = new Map<string, number>()

  /** All inputs of the job have to be here at once. */
  function requireFitting(uri: string, { bytes }: Copy): void {
    if (bytes === null) return
    sizes.set(uri, bytes)
    const sum = [...sizes.values()].reduce((all, each) => all + each, 0)
    if (sum > shelf.capacity) throw tooLargeForSpool(`The inputs have ${sum} bytes together`, shelf.capacity)
  }

  async function fetch(uri: string, { signal, onProgress, onGrowing }: FetchOptions): Promise<Fetched> {
    signal.throwIfAborted()
    const item = shelf.want(uri)
    if (isSeveral) shelf.toFront(item)
    let growing = null as Growing | null
    const tell = () => {
      if (isSeveral) requireFitting(uri, item.copy)
      onProgress(item.copy.have, item.copy.bytes)
      if (growing !== null) growing.look()
      else if (onGrowing && item.copy.bytes !== null && item.copy.facts?.validator != null) {
        growing = new Growing(item.copy)
        onGrowing(growing)
      }
    }
    const waiting = waitFor(item, signal, tell)
    try {
      await waiting.over
      growing?.whole()
      const { copy, reused } = item
      if (isSeveral) requireFitting(uri, copy)
      if (!reused) onProgress(copy.have, copy.bytes)
      const { etag, lastModified } = copy.facts!
      return { held: await hold(shelf, uri, copy), etag, lastModified, reused }
    } catch (error) {
      growing?.fail(error)
      throw error
    } finally {
      waiting.leave()
    }
  }

  /** Who waits no longer, takes the run with him if he was the last. */
  function waitFor(item: Item, signal: AbortSignal, onProgress: () => void) {
    const { run } = item
    const own = new AbortController()
    const tell = () => {
      try {
        onProgress()
      } catch (error) {
        own.abort(error)
      }
    }
    item.waiting.add(tell)
    const stopped = new Promise<never>((_, reject) => {
      const stop = AbortSignal.any([signal, own.signal])
      stop.addEventListener('abort', () => reject(stop.reason), { once: true })
    })
    stopped.catch(() => {})
    return {
      over: Promise.race([run, stopped]),
      leave() {
        item.waiting.delete(tell)
        if (item.run !== null && item.waiting.size === 0) {
          shelf.abandon(item, own.signal.reason ?? signal.reason ?? new Error('nobody waits for it'))
        }
        shelf.look()
      },
    }
  }

  return { fetch }
}

async function hold(shelf: Shelf, uri: string, copy: Copy): Promise<Fetched['held']> {
  copy.users++
  try {
    const file = await open(copy.path, 'r')
    const facts = inputFile(await file.stat(), copy.path)
    let isOpen = true
    return {
      ...facts,
      descriptor: file.fd,
      async close() {
        if (!isOpen) return
        isOpen = false
        await file.close()
        shelf.release(uri, copy)
      },
    }
  } catch (error) {
    shelf.release(uri, copy)
    throw error
  }
}
