import { type SourceReport, shownUri } from '../../src/contract/index.js'
import type { Growing } from '../../src/spool/index.js'
import type { OpenInput } from '../../src/storage/index.js'
import type { JobContext } from '../context.js'

/** What is told of a fetch. */
export type FetchListeners = {
  /** So many bytes are here of all inputs that lie elsewhere; `total` null: not known of each. */
  onProgress?: (fetched: number, total: number | null) => void
  onSource?: (source: SourceReport) => void
  /** The only file of the job has begun to come. */
  onGrowing?: (file: Growing, uri: string) => void
}

/** Files that lie elsewhere, out of the spool; all at once, and all or none. */
export async function fetchRemote(
  { spool, signal, config }: JobContext,
  uris: readonly string[],
  { onProgress, onSource, onGrowing }: FetchListeners,
): Promise<Map<string, OpenInput>> {
  const remote = [...new Set(uris)]
  const held = new Map<string, OpenInput>()
  if (remote.length === 0) return held
  const come = new Map<string, { fetched: number; total: number | null }>()
  const tell = () => {
    if (come.size > 0) onProgress?.(...sumOf([...come.values()], come.size === remote.length))
  }
  // One that fails ends the others.
  const stop = new AbortController()
  const either = AbortSignal.any([signal, stop.signal])
  const session = await spool.session(remote.length, signal)
  const timer = setInterval(tell, config.statsPeriodMs)

  async function fetchOne(uri: string): Promise<void> {
    const beganMs = performance.now()
    const fetched = await session.fetch(uri, {
      signal: either,
      onProgress: (bytes, total) => come.set(uri, { fetched: bytes, total }),
      onGrowing: onGrowing && ((file) => onGrowing(file, uri)),
    })
    held.set(uri, fetched.held)
    const { etag, lastModified, reused } = fetched
    const seconds = Math.round(performance.now() - beganMs) / 1_000
    onSource?.({ uri: shownUri(uri), bytes: fetched.held.bytes, seconds, etag, lastModified, reused })
  }

  try {
    let fault: { error: unknown } | null = null
    await Promise.all(
      remote.map((uri) =>
        fetchOne(uri).catch((error) => {
          fault ??= { error }
          stop.abort(error)
        }),
      ),
    )
    signal.throwIfAborted()
    if (fault !== null) throw (fault as { error: unknown }).error
    tell()
    return held
  } catch (error) {
    await Promise.all([...held.values()].map((each) => each.close()))
    throw error
  } finally {
    clearInterval(timer)
    session.done()
  }
}

function sumOf(all: readonly { fetched: number; total: number | null }[], isAll: boolean): [number, number | null] {
  const fetched = all.reduce((sum, each) => sum + each.fetched, 0)
  const totals = all.map(({ total }) => total)
  const isKnown = isAll && !totals.includes(null)
  return [fetched, isKnown ? totals.reduce<number>((sum, total) => sum + total!, 0) : null]
}
