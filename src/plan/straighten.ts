import type { ProbeStream } from '../contract/index.js'
import { clocksStartAnew, JUMP_S, WILD_S } from '../probe/clock.js'

/**
 * A filter that carries times on over jumps of a stream's clock: what comes behind one follows what was before. Without it
 * one frame whose time is hours ahead makes ffmpeg drop all that come after.
 */
export function straighten(container: string, { type, clockJumps, frameRate }: ProbeStream): string[] {
  if (!clockJumps || clocksStartAnew(container)) return []
  const step = type === 'video' ? 1 / (frameRate ?? 25) : 0.02
  // 0: what is taken off, 1: the last time that came out, 2: whether there was one.
  const off = '(PTS-ld(0)-ld(1))*TB'
  const jumped = `ld(2)*(gt(${off},${WILD_S})+lt(${off},-${JUMP_S}))`
  const carryOn = `st(0,PTS-ld(1)-${step.toFixed(6)}/TB)`
  return [`${type === 'video' ? 'setpts' : 'asetpts'}='if(${jumped},${carryOn},0);st(2,1);st(1,PTS-ld(0))'`]
}
