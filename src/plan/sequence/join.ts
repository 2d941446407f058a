import { seconds } from '../range.js'
import type { Piece } from './clips.js'
import { startsOf } from './exact.js'
import { PICTURE, SOUND } from './graph.js'

/** The labels of what is joined; null: there is none of it. */
type Streams = { picture: string | null; sound: string | null }

/** Chains that join pieces, each of which is behind the labels `[v0]` and `[a0]`, into `[picture]` and `[sound]`. */
export function joinChains(pieces: readonly Piece[], { shown, played }: { shown: boolean; played: boolean }): string[] {
  const labels = (picture: string, sound: string): Streams => ({
    picture: shown ? picture : null,
    sound: played ? sound : null,
  })
  const chains: string[] = []
  const runs = runsOf(pieces)
  const starts = startsOf(pieces)
  const whole = labels(PICTURE, SOUND)
  const joined = runs.map((run, n) => {
    const streams = run.map((i) => labels(`[v${i}]`, `[a${i}]`))
    if (run.length === 1) return streams[0]!
    const to = runs.length === 1 ? whole : labels(`[r${n}v]`, `[r${n}a]`)
    const pads = streams.map(({ picture, sound }) => `${picture ?? ''}${sound ?? ''}`).join('')
    const concat = `concat=n=${run.length}:v=${shown ? 1 : 0}:a=${played ? 1 : 0}`
    chains.push(`${pads}${concat}${to.picture ?? ''}${to.sound ?? ''}`)
    return to
  })
  joined.slice(1).reduce((before, { picture, sound }, n) => {
    const first = runs[n + 1]![0]!
    const to = n + 2 === runs.length ? whole : labels(`[x${n}v]`, `[x${n}a]`)
    const lasts = seconds(pieces[first]!.crossfadeUs)
    const fade = `xfade=transition=fade:duration=${lasts}:offset=${seconds(starts[first]!)}`
    if (shown) chains.push(`${before.picture}${picture}${fade}${to.picture}`)
    if (played) chains.push(`${before.sound}${sound}acrossfade=d=${lasts}${to.sound}`)
    return to
  }, joined[0]!)
  return chains
}

/** Numbers of pieces that follow one another without a cross-fade. */
function runsOf(pieces: readonly Piece[]): number[][] {
  const runs: number[][] = []
  for (const [i, { crossfadeUs }] of pieces.entries()) {
    if (i === 0 || crossfadeUs > 0) runs.push([i])
    else runs.at(-1)!.push(i)
  }
  return runs
}
