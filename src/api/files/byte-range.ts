/** What a `Range` header asks of a file: all of it, a part (`last` included), or something outside it. */
export type ByteRange = { first: number; last: number } | 'all' | 'unsatisfiable'

/**
 * Reads `bytes=0-99`, `bytes=100-` and `bytes=-100` (RFC 9110 §14). Of several ranges the first that fits is taken. What
 * is not a range of bytes is ignored, as the RFC has it.
 */
export function parseRange(header: string | undefined, size: number): ByteRange {
  const list = /^bytes=(.+)$/i.exec(header ?? '')?.[1]
  if (list === undefined) return 'all'
  for (const spec of list.split(',').slice(0, 16)) {
    const parts = /^\s*(\d{0,15})-(\d{0,15})\s*$/.exec(spec)
    if (!parts || (parts[1] === '' && parts[2] === '')) return 'all'
    const [from, to] = [parts[1]!, parts[2]!]
    if (from !== '' && to !== '' && Number(to) < Number(from)) return 'all'
    const first = from === '' ? Math.max(0, size - Number(to)) : Number(from)
    const last = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1)
    if (first <= last) return { first, last }
  }
  return 'unsatisfiable'
}
