import { open, stat } from 'node:fs/promises'
import { FfleetError, type Probe } from '../../contract/index.js'
import type { Capabilities } from '../capabilities.js'
import { SNIFF_BYTES, sniff } from '../formats.js'
import { ffprobe } from './ffprobe.js'
import { endsInsideBox } from './isobmff-end.js'
import { checkBytes, checkPixels, type ProbeLimits } from './limits.js'
import { ReaderThread } from './reader.js'
import { type FileFacts, readingFailed, refusePlaylist, requireMedia } from './refusals.js'

export type { ProbeLimits } from './limits.js'

export type ProberOptions = {
  capabilities: Pick<Capabilities, 'ffprobe'>
  /** Limit on each of the two readers, default 15,000 ms. */
  timeoutMs?: number
  /** What an input may be. Outputs are not measured by it. */
  limits?: ProbeLimits
}

export type ProbeOptions = {
  signal?: AbortSignal | undefined
  /** Default `input`, to which the limits apply. */
  role?: 'input' | 'output'
}

/** Reads the facts of media files; holds a thread from the first file on. */
export type Prober = {
  /**
   * Throws `NOT_MEDIA`, `UNSUPPORTED_CONTAINER`, `INPUT_TRUNCATED`, `INPUT_NOT_FOUND`, `INPUT_TOO_LARGE`,
   * `DIMENSIONS_TOO_LARGE`, or `TIMED_OUT` when neither reader came to an end; rejects with the signal's reason when that
   * aborts. `path` is absolute.
   */
  probe(path: string, options?: ProbeOptions): Promise<Probe>
  /** Ends the thread. */
  close(): Promise<void>
}

const TIMEOUT_MS = 15_000

/**
 * Two readers: mediabunny, in a thread of this process, answers for the common containers in a few milliseconds;
 * ffprobe answers for all others, and whenever mediabunny's answer leaves a doubt (`read-tracks.ts`).
 */
export function createProber({ capabilities, timeoutMs = TIMEOUT_MS, limits = {} }: ProberOptions): Prober {
  const reader = new ReaderThread()
  return {
    close: () => reader.close(),
    async probe(path, { signal, role = 'input' } = {}) {
      signal?.throwIfAborted()
      const facts = await look(path)
      if (role === 'input') checkBytes(facts.bytes, limits)
      refusePlaylist(facts.sniffed)
      const maxPixels = role === 'input' ? limits.maxPixels : null
      const { probe, log } = await read(path, facts, maxPixels, signal)
      if (role === 'input') checkPixels(probe, log, limits)
      requireMedia(probe, facts)
      return probe
    },
  }

  async function read(
    path: string,
    facts: FileFacts,
    maxPixels: number | null | undefined,
    signal: AbortSignal | undefined,
  ): Promise<{ probe: Probe; log: string }> {
    const { bytes, sniffed } = facts
    const isPicture = sniffed.kind === 'picture'
    const reading = isPicture ? null : await reader.read(path, { timeoutMs, signal })
    if (reading !== null && reading.doubts.length === 0) return { probe: reading.probe, log: '' }
    if (capabilities.ffprobe === null) {
      if (reading !== null) return { probe: reading.probe, log: '' }
      throw new FfleetError('UNSUPPORTED_CONTAINER', 'This worker has no ffprobe, which reading this file would need.')
    }
    const answer = await ffprobe(path, {
      ffprobe: capabilities.ffprobe,
      format: isPicture ? sniffed.format : null,
      bytes,
      mayBeInterlaced: reading?.mayBeInterlaced ?? false,
      maxPixels,
      timeoutMs,
      signal,
    })
    if (answer.probe === null) throw readingFailed(facts, answer)
    return answer
  }
}

async function look(path: string): Promise<FileFacts> {
  const facts = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT') throw cause
    throw new FfleetError('INPUT_NOT_FOUND', 'The file is gone.', { cause })
  })
  if (!facts.isFile()) throw new FfleetError('NOT_A_REGULAR_FILE', 'Only files can be probed.')
  if (facts.size === 0) throw new FfleetError('NOT_MEDIA', 'The file is empty.')
  const handle = await open(path, 'r')
  try {
    const head = new Uint8Array(SNIFF_BYTES)
    const { bytesRead } = await handle.read(head, 0, head.length, 0)
    const sniffed = sniff(head.subarray(0, bytesRead))
    const isCutOff = sniffed.kind === 'isobmff' && (await endsInsideBox(handle, facts.size))
    return { bytes: facts.size, sniffed, isCutOff }
  } finally {
    await handle.close()
  }
}
