/**
 * Where a clock may start anew, as at a cut of a recording: what is more than this off is a jump, not a gap. The same figure
 * as ffmpeg's `-dts_delta_threshold`, which mends it there. No container has packets further out of order than this.
 */
export const JUMP_S = 10
/** Elsewhere a gap is a gap up to this length: a picture may stand for an hour, but hardly for longer. */
export const WILD_S = 5_400

const CLOCKS_START_ANEW = new Set(['mpegts', 'mpeg'])

/** Whether a container, by ffmpeg's name, has clocks that start anew by design; ffmpeg itself carries its times on. */
export function clocksStartAnew(container: string): boolean {
  return CLOCKS_START_ANEW.has(container)
}
