/** Edits from one word to the other: insert, drop, replace, swap two that stand side by side. */
function distance(a: string, b: string): number {
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1]
    for (let j = 0; j < b.length; j++) {
      const swapped = i > 0 && j > 0 && a[i] === b[j - 1] && a[i - 1] === b[j] ? before[j - 1]! + 1 : Infinity
      next.push(Math.min(row[j + 1]! + 1, next[j]! + 1, row[j]! + (a[i] === b[j] ? 0 : 1), swapped))
    }
    before = row
    row = next
  }
  return row[b.length]!
}

/** Longer words are nobody's slip of the keyboard, and comparing them costs. */
const MAX_WORD_LENGTH = 64

/** The words that were perhaps meant, likeliest first, at most `limit`: few edits away, or one begins or ends with the other. */
export function nearest(word: string, words: readonly string[], limit = 1): string[] {
  if (word.length === 0 || word.length > MAX_WORD_LENGTH) return []
  const lower = word.toLowerCase()
  return words
    .map((known) => {
      const name = known.toLowerCase()
      const holds = [name.startsWith(lower), lower.startsWith(name), lower.endsWith(name)].includes(true)
      return { known, edits: holds ? 1 : distance(lower, name) }
    })
    .filter(({ edits, known }) => edits <= Math.min(3, Math.ceil(known.length / 3)))
    .sort((a, b) => a.edits - b.edits)
    .slice(0, limit)
    .map(({ known }) => known)
}
