/** Milliseconds between two reports. ffmpeg 7 and later notice a SIGTERM only once a period: stay at or below 1,000. */
export const STATS_PERIOD_MS = 500

/**
 * The global options that every ffmpeg is started with, in front of inputs and outputs. `statsPeriodMs: null` leaves
 * `-stats_period` out: before ffmpeg 4.4 it is an unknown option and thereby fatal; reports then come every 0.5 s.
 *
 * - `-nostdin`: ffmpeg would eat what is on stdin and act on letters.
 * - `-loglevel repeat+level+info`: each line once for each time, with its level.
 * - `-progress pipe:1`: stdout carries the report and nothing else.
 * - `-benchmark`: CPU time and peak memory as two `bench:` lines at the end, in every version.
 */
export function globalOptions(statsPeriodMs: number | null = STATS_PERIOD_MS): string[] {
  return [
    '-hide_banner',
    '-nostdin',
    '-nostats',
    '-loglevel',
    'repeat+level+info',
    ...(statsPeriodMs === null ? [] : ['-stats_period', String(statsPeriodMs / 1_000)]),
    '-progress',
    'pipe:1',
    '-benchmark',
    '-y',
  ]
}
