/** Edits (insert, drop, replace) from one word to the other. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1]
    for (const [j, other] of [...b].entries()) {
      next.push(Math.min(row[j + 1]! + 1, next[j]! + 1, row[j]! + (letter === other ? 0 : 1)))
    }
    row = next
  }
  return row[b.length]!
}

/** The word most like `word`, or null when none is close enough to be what was meant. */
export function nearest(word: string, words: readonly string[]): string | null {
  const ranked = words.map((known) => ({ known, edits: distance(word, known) })).sort((a, b) => a.edits - b.edits)
  const best = ranked[0]
  return best && best.edits <= 3 ? best.known : null
}
