/** As many characters of an id as people type; other commands take it as the id. */
const LEAST = 6

/** The end of each id, as long as it must be to be the end of no other. */
export function shortIds(ids: readonly string[]): Map<string, string> {
  const short = new Map<string, string>()
  let left = ids
  for (let length = LEAST; left.length > 0; length += 2) {
    const seen = new Map<string, number>()
    for (const id of left) seen.set(id.slice(-length), (seen.get(id.slice(-length)) ?? 0) + 1)
    const isUnique = (id: string) => seen.get(id.slice(-length)) === 1 || id.length <= length
    for (const id of left) if (isUnique(id)) short.set(id, id.slice(-length))
    left = left.filter((id) => !isUnique(id))
  }
  return short
}
