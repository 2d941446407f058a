/** Names that somebody else gave to files, as names of files in a folder of ours. */

const LONGEST = 100
/** What Windows takes for a device, whatever comes behind its first dot. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/i

/** Each is a single step of a path, visible, and no two are alike, also where letters of both cases are one. */
export function safeNames(names: readonly (string | null)[]): string[] {
  const taken = new Set<string>()
  return names.map((name, i) => {
    const safe = safeName(name) || `attachment-${i + 1}`
    const free = [safe, ...names.map((_, n) => counted(safe, n + 2))].find((each) => !taken.has(each.toLowerCase()))!
    taken.add(free.toLowerCase())
    return free
  })
}

function safeName(name: string | null): string {
  const last = (name ?? '').normalize('NFC').split(/[/\\]/).at(-1)!
  const plain = last.replaceAll(/[^\p{L}\p{M}\p{N} ._()+-]/gu, '_').replace(/^[\s.-]+|[\s.]+$/gu, '')
  const [stem, extension] = split(plain)
  // Counted in bytes, as filesystems do; what is cut in two is left out.
  const bytes = Buffer.from(stem).subarray(0, LONGEST)
  return (bytes.toString() === stem ? stem : bytes.toString().replace(/\uFFFD$/, '')).replace(DEVICE, '_$1') + extension
}

function counted(name: string, n: number): string {
  const [stem, extension] = split(name)
  return `${stem}-${n}${extension}`
}

function split(name: string): [stem: string, extension: string] {
  const [extension = ''] = /\.[A-Za-z0-9]{1,8}$/.exec(name) ?? []
  return [name.slice(0, name.length - extension.length), extension]
}
