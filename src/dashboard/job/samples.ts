/** What was measured while ffmpeg ran: for the plots. */
import type { Report } from '../../contract/index.js'

export type Sample = {
  /** Wall time, ms since 1970, by the server's clock. */
  atMs: number
  attempt: number
  /** From 1. */
  pass: number
  outTimeUs: number | null
  speed: number | null
  fps: number | null
  bitrate: number | null
  bytes: number | null
  quality: number | null
}

/** Those of passes that are over; a pass begins when the one before it ends. */
export function samplesOf(report: Report): Sample[] {
  return report.attempts.flatMap(({ attempt, startedAt, finishedAt, passes }) => {
    const ranMs = passes.reduce((sum, { summary }) => sum + summary.wallMs, 0)
    // What comes before the first pass is not told: all but it, where the end is known.
    const spareMs = finishedAt === null ? 0 : Math.max(0, Date.parse(finishedAt) - Date.parse(startedAt) - ranMs)
    let beginMs = Date.parse(startedAt) + spareMs / 2
    return passes.flatMap(({ timeline, summary }, i) => {
      const passBeginMs = beginMs
      beginMs += summary.wallMs
      const at = (name: (typeof timeline.columns)[number]) => timeline.columns.indexOf(name)
      const [ms, out, fps, speed, rate, bytes, quality] = (
        ['atMs', 'outTimeUs', 'fps', 'speed', 'bitrate', 'bytesWritten', 'quality'] as const
      ).map(at) as [number, number, number, number, number, number, number]
      return timeline.rows.map((row) => ({
        atMs: passBeginMs + (row[ms] ?? 0),
        attempt,
        pass: i + 1,
        outTimeUs: row[out] ?? null,
        speed: row[speed] ?? null,
        fps: row[fps] ?? null,
        bitrate: row[rate] ?? null,
        bytes: row[bytes] ?? null,
        // Older reports have none.
        quality: row[quality] ?? null,
      }))
    })
  })
}

/** With a sample of nothing wherever another pass begins: no line leads from one to the next. */
export function withBreaks(samples: readonly Sample[]): Sample[] {
  return samples.flatMap((sample, i) => {
    const last = samples[i - 1]
    if (last === undefined || (last.attempt === sample.attempt && last.pass === sample.pass)) return [sample]
    return [{ ...last, ...NOTHING, atMs: (last.atMs + sample.atMs) / 2 }, sample]
  })
}

const NOTHING = { outTimeUs: null, speed: null, fps: null, bitrate: null, bytes: null, quality: null }

/** Between these wall times media time stood at `outTimeUs`, though ffmpeg reported. */
export type Stall = { fromMs: number; toMs: number; outTimeUs: number }

export function stallsOf(samples: readonly Sample[], leastMs: number): Stall[] {
  const stalls: Stall[] = []
  let since: Sample | null = null
  for (const sample of samples) {
    const goesOn = since !== null && since.attempt === sample.attempt && since.pass === sample.pass
    if (goesOn && sample.outTimeUs !== null && since!.outTimeUs === sample.outTimeUs) {
      if (sample.atMs - since!.atMs < leastMs) continue
      const last = stalls.at(-1)
      if (last?.fromMs === since!.atMs) last.toMs = sample.atMs
      else stalls.push({ fromMs: since!.atMs, toMs: sample.atMs, outTimeUs: sample.outTimeUs })
      continue
    }
    since = sample
  }
  return stalls
}
