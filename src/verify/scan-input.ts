import type { Probe } from '../contract/index.js'
import type { Capabilities } from '../ffmpeg/capabilities.js'
import { type HeldFile, viewOf } from '../ffmpeg/enclosure.js'
import { inputRange, type RangeRequest, rangeOptions } from '../plan/range.js'
import { selectStreams } from '../plan/select-streams.js'
import { fileUrl, inputOptions, type ReadingLimits } from '../probe/formats.js'
import { readThrough } from './read-through.js'

export type ScanRequest = RangeRequest & {
  path: string
  /** The open file, where `path` is a link to it. */
  held?: HeldFile
  probe: Probe
  limits?: ReadingLimits
  capabilities: Pick<Capabilities, 'ffmpeg' | 'statsPeriod' | 'enclosure'>
  signal?: AbortSignal | undefined
}

/**
 * How far the media of a file really goes, in µs from the start of the range; null when ffmpeg can't tell. Damaged: the
 * file goes on behind that, but its reader was lost.
 */
export type Scan = { endUs: number | null; isTruncated: boolean; isDamaged: boolean }

/**
 * What demuxers log at a file that ends too soon: mov, matroska (`Read error` is of ffmpeg 4.1), wav, flv, avi and
 * others.
 */
const TRUNCATED =
  /\bpartial file\b|File ended prematurely|Truncating packet of size|^\[matroska,webm[^\]]*\] Read error|^\[(?:in#\d+\/)?(?:flv|avi)\] Packet corrupt/

/** What the Matroska demuxer logs when it does not find its way any more, as where a download left a hole of zeros. */
const LOST = /invalid as first byte of an EBML number|an EBML number's first byte|exceeds containing master element/

/** Whether lines of ffmpeg's log say that the input is cut off. */
export function saysTruncated(lines: readonly string[]): boolean {
  return lines.some((line) => TRUNCATED.test(line))
}

/**
 * Reads all packets of the streams that outputs are made of, without decoding. One run a stream: of several together
 * ffmpeg 7 reports the one that ends first, earlier versions the last.
 */
export async function scanInput(request: ScanRequest): Promise<Scan> {
  const { path, held, probe, startMs, endMs, limits } = request
  const range = inputRange(probe, { startMs, endMs })
  const { video, audio } = selectStreams(probe, { ...limits, startUs: range.startUs })
  const ends: number[] = []
  const lines: string[] = []
  for (const selected of [video, audio]) {
    if (selected === null) continue
    const input = [...rangeOptions(range), ...inputOptions(probe.container, limits), '-i', fileUrl(path)]
    const args = [...input, '-map', selected.specifier, '-c', 'copy', '-f', 'null', '-']
    const { errors, warnings } = await readThrough(args, request, {
      view: viewOf(path, held),
      onBlock: ({ outTimeUs }) => outTimeUs !== null && ends.push(outTimeUs),
    })
    lines.push(...errors, ...warnings)
  }
  return {
    endUs: ends.length > 0 ? Math.max(...ends) : null,
    // Of FLAC nothing is logged, but its header counts the samples; where they were not known, it leaves the count out.
    isTruncated: probe.container === 'flac' || saysTruncated(lines),
    isDamaged: lines.some((line) => LOST.test(line)),
  }
}
