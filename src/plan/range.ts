import { FfleetError, type Probe, type ProbeStream } from '../contract/index.js'

/** The part of the input that a job is about, in µs of its time line. */
export type Range = {
  startUs: number
  /** Longest time after the start; null: to the end. */
  limitUs: number | null
}

export const WHOLE: Range = { startUs: 0, limitUs: null }

export type RangeRequest = { startMs: number | null; endMs: number | null }

/** Throws `RANGE_OUTSIDE_INPUT` for a range in which there can be nothing. */
export function inputRange(probe: Probe, { startMs, endMs }: RangeRequest): Range {
  const startUs = (startMs ?? 0) * 1_000
  const limitUs = endMs === null ? null : endMs * 1_000 - startUs
  if (limitUs !== null && limitUs <= 0) {
    throw new FfleetError('RANGE_OUTSIDE_INPUT', `endMs ${endMs} is not after startMs ${startMs ?? 0}.`, {
      hint: 'Submit the job again with an endMs behind its startMs.',
    })
  }
  if (probe.durationUs !== null && startUs >= probe.durationUs && startUs > 0) {
    const endsMs = Math.round(probe.durationUs / 1_000)
    throw new FfleetError(
      'RANGE_OUTSIDE_INPUT',
      `startMs ${startMs} is past the end of the input, which lasts ${endsMs} ms.`,
    )
  }
  return { startUs, limitUs }
}

/** The part of a stream that lies in the range, on the input's time line; null when its length is unknown. */
export function overlap({ startUs, limitUs }: Range, stream: ProbeStream): { fromUs: number; toUs: number } | null {
  if (stream.durationUs === null) return null
  const beginsUs = stream.startUs ?? 0
  const fromUs = Math.max(beginsUs, startUs)
  const toUs = Math.min(beginsUs + stream.durationUs, startUs + (limitUs ?? Number.POSITIVE_INFINITY))
  return { fromUs, toUs: Math.max(fromUs, toUs) }
}

/** How much of something that lasts `wholeUs` lies in the range; null when that is unknown. */
export function withinRange({ startUs, limitUs }: Range, wholeUs: number | null): number | null {
  return wholeUs === null ? null : Math.max(0, Math.min(wholeUs - startUs, limitUs ?? Number.POSITIVE_INFINITY))
}

/** `-ss` and `-t`, for in front of `-i` or of an output. */
export function rangeOptions({ startUs, limitUs }: Range): string[] {
  return [...(startUs > 0 ? ['-ss', seconds(startUs)] : []), ...(limitUs === null ? [] : ['-t', seconds(limitUs)])]
}

/** No key frames are farther apart than this, as good as always. */
const LONGEST_GROUP_US = 10_000_000

/** Demuxers that seek to any packet, so that the video only begins at the next key frame. */
const SEEKS_ANYWHERE = new Set(['mpegts'])
/** Raw streams have no times to seek by: what lies before the range is read and left out. */
const SEEKS_NOWHERE = new Set(['h264', 'hevc', 'm4v', 'mpegvideo', 'obu', 'av1'])

/**
 * How to read a range of a container: what of the input, and what of that again behind the decoder. Where a seek finds key frames those are none, for ffmpeg leaves out by itself what lies before the
 * start. It counts an input's `-t` from the first frame it shows, so that the limit belongs to the outputs, too.
 */
export function readRange(container: string, range: Range): { input: Range; decoded: Range } {
  const { startUs, limitUs } = range
  if (startUs > 0 && SEEKS_NOWHERE.has(container)) return { input: WHOLE, decoded: range }
  if (startUs === 0 || !SEEKS_ANYWHERE.has(container)) return { input: range, decoded: WHOLE }
  const skipUs = Math.min(startUs, LONGEST_GROUP_US)
  return {
    input: { startUs: startUs - skipUs, limitUs: null },
    decoded: { startUs: skipUs, limitUs },
  }
}

/** Whether a seek finds key frames, so that what comes next is a whole picture. */
export function isSoughtByKeyFrame(container: string): boolean {
  return !SEEKS_ANYWHERE.has(container) && !SEEKS_NOWHERE.has(container)
}

/** The same as filters behind the decoder, and the times from there on. */
export function trimFilters({ startUs, limitUs }: Range, type: 'video' | 'audio'): string[] {
  if (startUs === 0 && limitUs === null) return []
  const [trim, setpts] = type === 'video' ? ['trim', 'setpts'] : ['atrim', 'asetpts']
  const end = limitUs === null ? '' : `:end=${seconds(startUs + limitUs)}`
  return [`${trim}=start=${seconds(startUs)}${end}`, `${setpts}=PTS-${seconds(startUs)}/TB`]
}

/** µs as ffmpeg reads a time: seconds with a point. */
export function seconds(us: number): string {
  return (us / 1e6).toFixed(6).replace(/\.?0+$/, '')
}
