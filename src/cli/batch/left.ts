/** What an earlier run of a batch left for this one. */
import type { Skipped } from '../request/inputs.js'
import { isMadeOf } from '../request/output-names.js'
import { stemsByFolder } from '../run/plan-local.js'
import { shownPath } from '../run/run-summary.js'
import type { Entry, Journal, Made } from './journal.js'
import { isSame, type Original } from './originals.js'
import { type Replacing, settle } from './settle.js'
import type { Ended } from './show-batch.js'

/** What was made when the last run was killed goes where it belongs. */
export async function finishMade(journal: Journal, replacing: Replacing): Promise<Ended[]> {
  const ended: Ended[] = []
  if (replacing === 'never') return ended
  for (const entry of unsettled(journal)) {
    const end = await settle(entry, entry.made, replacing)
    await journal.note({ ...entry, end })
    ended.push({ input: shownPath(entry.path), bytes: entry.original.bytes, end })
  }
  return ended
}

/** What was made when the last run was killed, and is not where it belongs. */
export function unsettled(journal: Journal): (Entry & { made: Made })[] {
  return journal.entries().filter((entry): entry is Entry & { made: Made } => entry.made !== null && entry.end === null)
}

/** What is still to be done: neither made before, nor an output. */
export function leftOf(
  found: readonly Original[],
  journal: Journal,
  { name, made }: { name: string; made: readonly Entry[] },
): { originals: Original[]; skipped: Skipped[] } {
  const places = new Set(journal.entries().flatMap(({ end }) => (end?.place ? [end.place] : [])))
  const stems = stemsByFolder(found)
  const originals: Original[] = []
  const skipped: Skipped[] = []
  for (const original of found) {
    const { path, shown, mark, beside } = original
    const former = journal.get(path)
    const isDone = former?.end && former.end.outcome !== 'failed'
    if (isDone && (isSame(former.original, mark) || isSame(former.end!.mark, mark))) continue
    if (made.some((entry) => entry.path === path)) {
      skipped.push({ input: shown, reason: 'made before; the next run puts it in its place' })
      continue
    }
    if (former === undefined && places.has(path)) continue
    if (isMadeOf(path, stems.get(beside)!, [name])) skipped.push({ input: shown, reason: 'an output of another input' })
    else originals.push(original)
  }
  return { originals, skipped }
}

/** What earlier runs of the batch came to, but for what is done again. */
export function doneBefore(journal: Journal, again: readonly Original[], ended: readonly Ended[]): Ended[] {
  const others = new Set(again.map(({ path }) => path))
  const now = new Set(ended.map(({ end }) => end))
  return journal.entries().flatMap(({ path, original, end }) => {
    if (end === null || end.outcome === 'failed' || others.has(path) || now.has(end)) return []
    return [{ input: shownPath(path), bytes: original.bytes, end }]
  })
}
