import { parseBitrate, parseClock, parseCount, parseDecimal, parseMicroseconds, parseSpeed } from './quantities.js'

/**
 * One block of a `-progress` report, up to its `progress=` line: what ffmpeg said, in numbers. Everything it did not
 * know or print is null.
 */
export type ReportBlock = {
  /** Frames of the first video output: counted at the encoder up to 5.1, packets written from 6.0. Null without video. */
  frame: number | null
  /** ffmpeg's cumulative average; 0 in the first second. */
  fps: number | null
  /** Bits per second of output file 0 so far. */
  bitrate: number | null
  /** Bytes of output file 0; 0 or 48 until its muxer flushes. */
  totalBytes: number | null
  /** Media time written, in µs, on the output's timeline. */
  outTimeUs: number | null
  dupFrames: number | null
  dropFrames: number | null
  /** ffmpeg's cumulative media seconds per second. */
  speed: number | null
  /** Encoder quantizer by `file:stream`; -1 where ffmpeg copies or the encoder has ended. */
  quality: Record<string, number>
  /** ffmpeg's last block (`progress=end`). It is not a sign of success. */
  end: boolean
  /** Lines are missing: ffmpeg cuts a report at about 1,000 bytes, or the stream ended inside the block. */
  truncated: boolean
  /** Every key and value as ffmpeg wrote them, unknown ones too, leading spaces kept. */
  raw: Record<string, string>
}

/**
 * Reads the fields of one block. The value of `cutKey`, if any, lost its end (`total_size=34` of `3469866`): it stays in
 * `raw`, and no figure is made of it.
 */
export function toReportBlock(
  fields: ReadonlyMap<string, string>,
  state: { truncated: boolean; cutKey: string | null },
): ReportBlock {
  const text = (key: string) => (key === state.cutKey ? undefined : fields.get(key))
  const quality: [string, number][] = []
  for (const key of fields.keys()) {
    const stream = /^stream_(\d+)_(\d+)_q$/.exec(key)
    const value = stream && parseDecimal(text(key))
    if (stream && typeof value === 'number') quality.push([`${stream[1]}:${stream[2]}`, value])
  }
  return {
    frame: parseCount(text('frame')),
    fps: parseDecimal(text('fps')),
    bitrate: parseBitrate(text('bitrate')),
    totalBytes: parseCount(text('total_size')),
    outTimeUs: outTime(text),
    dupFrames: parseCount(text('dup_frames')),
    dropFrames: parseCount(text('drop_frames')),
    speed: parseSpeed(text('speed')),
    quality: Object.fromEntries(quality),
    end: text('progress')?.trim() === 'end',
    truncated: state.truncated,
    // fromEntries defines own properties, so that a key such as `__proto__` is a key like any other.
    raw: Object.fromEntries(fields),
  }
}

/** 4.0 has no `out_time_us`. A key that is there is believed, `N/A` too. */
function outTime(text: (key: string) => string | undefined): number | null {
  const microseconds = text('out_time_us') ?? text('out_time_ms')
  return microseconds === undefined ? parseClock(text('out_time')) : parseMicroseconds(microseconds)
}
