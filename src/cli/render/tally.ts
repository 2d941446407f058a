/** What became of several inputs, in a few lines. */
import type { Job } from '../../contract/index.js'
import { count } from './figures.js'
import { inOptions } from './option-words.js'
import type { Style } from './style.js'
import { printable } from './text.js'

export const OUTCOMES = ['done', 'sent', 'failed', 'refused', 'cancelled', 'not done', 'skipped'] as const
export type Outcome = (typeof OUTCOMES)[number]

/** `why`: a word on what was not done. */
export type Ended = { input: string; outcome: Outcome; why: string | null }

/** So many are named; the others are counted. */
const NAMED = 20

/** How many there are of each, one line, and then by name what was not done, the skipped ones last. */
export function tally(ends: readonly Ended[], style: Style): string {
  const counts = OUTCOMES.flatMap((outcome) => {
    const n = ends.filter((end) => end.outcome === outcome).length
    return n === 0 ? [] : [`${n} ${outcome}`]
  })
  const head = counts.length === 0 ? 'Nothing to do.' : counts.join(', ')
  const isBad = ({ outcome }: Ended) => outcome === 'failed' || outcome === 'refused' || outcome === 'not done'
  const paint = ends.some(isBad) ? style.bad : style.good
  const notDone = ends.filter(({ outcome }) => outcome !== 'done' && outcome !== 'sent')
  const ordered = [...notDone.filter(isBad), ...notDone.filter((end) => !isBad(end))]
  const lines = ordered.slice(0, NAMED).map(({ input, outcome, why }) => {
    const text = `${outcome} ${printable(input)}${why === null ? '' : `: ${inOptions(why)}`}`
    return `  ${isBad({ input, outcome, why }) ? text : style.dim(text)}`
  })
  const rest = ordered.length - lines.length
  return [paint(head), ...lines, ...(rest > 0 ? [style.dim(`  … and ${count(rest, 'more input')}`)] : [])].join('\n')
}

/** How a job ended, of one that is known; null: it is not. */
export function outcomeOf(job: Job | null): Pick<Ended, 'outcome' | 'why'> {
  if (job === null) return { outcome: 'not done', why: null }
  if (job.state === 'failed') return { outcome: 'failed', why: `${job.error?.code}: ${job.error?.detail ?? ''}` }
  if (job.state === 'completed') return { outcome: 'done', why: null }
  return job.state === 'cancelled' ? { outcome: 'cancelled', why: null } : { outcome: 'sent', why: null }
}
