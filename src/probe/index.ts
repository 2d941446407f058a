import { FfleetError, type Probe } from '../contract/index.js'
import type { Capabilities } from '../ffmpeg/capabilities.js'
import type { HeldFile } from '../ffmpeg/index.js'
import { type Chapter, readChapters } from './chapters.js'
import type { Declared } from './declared.js'
import { ffprobe } from './ffprobe.js'
import { checkBytes, checkDeclared, checkProbe, type ProbeLimits } from './limits.js'
import { CUT_SHORT } from './read-tracks.js'
import { ReaderThread } from './reader.js'
import type { FileReading } from './reader-thread.js'
import { readingFailed, refusePlaylist, requireContent, requireMedia, tookTooLong } from './refusals.js'

export type { Chapter } from './chapters.js'
export { type Front, factsByFront, readFront } from './front.js'
export type { ProbeLimits } from './limits.js'

export type ProberOptions = {
  capabilities: Pick<Capabilities, 'ffprobe' | 'enclosure'>
  /** Limit on each of the two readers, default 15,000 ms; on mediabunny at most 3,000 ms where there is an ffprobe. */
  timeoutMs?: number
  /** What an input may be. Outputs are not measured by it. */
  limits?: ProbeLimits
}

export type ProbeOptions = {
  signal?: AbortSignal | undefined
  /** The open file, where `path` is a link to what the enclosure's `reach` gives of it. */
  held?: HeldFile | undefined
  /** Default `input`, to which the limits apply. */
  role?: 'input' | 'output'
  /** Subtitles, attachments and chapters count, too, which ffprobe alone tells; default false. */
  everyStream?: boolean | undefined
  /** The rest of the file is to come: that its packets end before its header says so is no doubt. Default false. */
  isFront?: boolean | undefined
}

/** Reads the facts of media files; holds a thread from the first file on. */
export type Prober = {
  /**
   * Throws `NOT_MEDIA`, `UNSUPPORTED_CONTAINER`, `INPUT_TRUNCATED`, `INPUT_NOT_FOUND`, `INPUT_TOO_LARGE`,
   * `DIMENSIONS_TOO_LARGE`, `TOO_MANY_STREAMS`, `FRAME_RATE_TOO_HIGH`, `ATTACHMENTS_TOO_LARGE`, `OUT_OF_MEMORY`, `INPUT_CHANGED`, or `TIMED_OUT` when neither reader came to an end; rejects with the signal's reason when that
   * aborts. `path` is absolute.
   */
  probe(path: string, options?: ProbeOptions): Promise<Probe>
  /** The chapters of an output; null where they can't be told. */
  chapters(path: string, options?: { signal?: AbortSignal | undefined }): Promise<Chapter[] | null>
  /** Ends the thread. */
  close(): Promise<void>
}

const TIMEOUT_MS = 15_000
/** mediabunny needs some milliseconds; other files wait meanwhile for its thread, and ffprobe can answer as well. */
const MEDIABUNNY_TIMEOUT_MS = 3_000

/**
 * Two readers: mediabunny, in a thread of this process, answers for the common containers in a few milliseconds;
 * ffprobe answers for all others, and whenever mediabunny's answer leaves a doubt (`read-tracks.ts`).
 */
export function createProber({ capabilities, timeoutMs = TIMEOUT_MS, limits = {} }: ProberOptions): Prober {
  const reader = new ReaderThread()
  return {
    close: () => reader.close(),
    async chapters(path, { signal } = {}) {
      if (capabilities.ffprobe === null) return null
      const { ffprobe: program, enclosure } = capabilities
      return readChapters(path, { ffprobe: program, enclosure, timeoutMs, signal })
    },
    async probe(path, { signal, held, role = 'input', everyStream = false, isFront = false } = {}) {
      signal?.throwIfAborted()
      // A file that the thread dies of is looked at without reading it.
      const mediabunnyMs = capabilities.ffprobe === null ? timeoutMs : Math.min(timeoutMs, MEDIABUNNY_TIMEOUT_MS)
      const found =
        (await reader.read(path, { timeoutMs: mediabunnyMs, held, signal })) ??
        (await reader.read(path, { timeoutMs, held, signal, tracks: false }))
      if (found === null) throw tookTooLong()
      const { facts } = found
      requireContent(facts)
      const applied = role === 'input' ? limits : {}
      checkBytes(facts.bytes, applied)
      refusePlaylist(facts.sniffed)
      checkDeclared(facts.declared, applied)
      const { probe, log } = await decide(path, found, applied, { held, signal, everyStream, isFront })
      checkProbe(probe, log, applied)
      requireMedia(probe, facts)
      return withDeclared(probe, facts.declared)
    },
  }

  async function decide(
    path: string,
    { facts, reading }: FileReading,
    applied: ProbeLimits,
    { held, signal, everyStream, isFront }: Omit<ProbeOptions, 'role'>,
  ): Promise<{ probe: Probe; log: string }> {
    const { bytes, sniffed } = facts
    const doubts = reading?.doubts.filter((doubt) => !isFront || doubt !== CUT_SHORT)
    if (reading !== null && doubts?.length === 0 && !everyStream) return { probe: reading.probe, log: '' }
    if (capabilities.ffprobe === null) {
      if (reading !== null) return { probe: reading.probe, log: '' }
      throw new FfleetError('UNSUPPORTED_CONTAINER', 'This worker has no ffprobe, which reading this file would need.')
    }
    const answer = await ffprobe(path, {
      ffprobe: capabilities.ffprobe,
      enclosure: capabilities.enclosure,
      format: sniffed.kind === 'picture' ? sniffed.format : null,
      bytes,
      mayBeInterlaced: reading?.mayBeInterlaced ?? false,
      limits: applied,
      timeoutMs,
      held,
      signal,
    })
    if (answer.probe === null) throw readingFailed(facts, answer)
    return answer
  }
}

/** What the container says of streams and ffmpeg does not: which are locked, and how large attachments are. */
function withDeclared(probe: Probe, { locks, attachments }: Declared): Probe {
  const isLocked = (index: number) => locks === 'all' || locks.has(index)
  // Pictures among them are cover art to ffmpeg.
  const attached = probe.streams.filter(({ type, attachedPicture }) => type === 'attachment' || attachedPicture)
  const sizes = attachments?.length === attached.length ? attachments : null
  return {
    ...probe,
    streams: probe.streams.map((each) => ({
      ...each,
      ...(each.attachment && { attachment: { ...each.attachment, bytes: sizes?.[attached.indexOf(each)] ?? null } }),
      encrypted: isLocked(each.index),
    })),
  }
}
