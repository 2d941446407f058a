/** Which letters a font has: the table `cmap` of TrueType and OpenType (ISO/IEC 14496-22 §5.2.1), of which every font for Unicode has format 4 or 12. */

/** Code points that are drawn by nothing: they join, part or order others, or break lines. */
const UNSEEN = /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069]/u

/** @throws Error that says why it is no such font. */
export function lettersOf(font: Buffer): (codePoint: number) => boolean {
  const table = characterMap(font)
  const subtables = Array.from({ length: table.readUInt16BE(2) }, (_, i) => {
    const [platform, encoding] = [table.readUInt16BE(4 + 8 * i), table.readUInt16BE(6 + 8 * i)]
    const at = table.subarray(table.readUInt32BE(8 + 8 * i))
    return { isUnicode: platform === 0 || (platform === 3 && (encoding === 1 || encoding === 10)), at }
  }).filter(({ isUnicode }) => isUnicode)
  const readers = subtables.flatMap(({ at }) => {
    const format = at.readUInt16BE(0)
    return format === 12 ? [inGroups(at)] : format === 4 ? [inSegments(at)] : []
  })
  if (readers.length === 0) throw new Error('it has no letters of Unicode')
  return (codePoint) => readers.some((has) => has(codePoint))
}

/** The letters of a text that a font lacks, each once. */
export function lacking(text: string, has: (codePoint: number) => boolean): string[] {
  return [...new Set(text)].filter((letter) => !UNSEEN.test(letter) && !has(letter.codePointAt(0)!))
}

function characterMap(font: Buffer): Buffer {
  const kind = font.toString('latin1', 0, 4)
  if (kind !== '\0\x01\0\0' && kind !== 'OTTO' && kind !== 'true') throw new Error('it is no TrueType or OpenType font')
  for (let i = 0; i < font.readUInt16BE(4); i++) {
    const record = 12 + 16 * i
    if (font.toString('latin1', record, record + 4) === 'cmap') return font.subarray(font.readUInt32BE(record + 8))
  }
  throw new Error('it has no table of its letters')
}

function inGroups(at: Buffer): (codePoint: number) => boolean {
  const groups = Array.from({ length: Math.min(at.readUInt32BE(12), Math.floor((at.length - 16) / 12)) }, (_, i) => {
    return { first: at.readUInt32BE(16 + 12 * i), last: at.readUInt32BE(20 + 12 * i) }
  })
  return (codePoint) => groups.some(({ first, last }) => codePoint >= first && codePoint <= last)
}

/** A segment has letters by a distance to their numbers, or by a list of these, in which 0 stands for none. */
function inSegments(at: Buffer): (codePoint: number) => boolean {
  const twice = at.readUInt16BE(6)
  return (codePoint) => {
    for (let i = 0; i < twice; i += 2) {
      if (codePoint > at.readUInt16BE(14 + i)) continue
      const first = at.readUInt16BE(16 + twice + i)
      if (codePoint < first) return false
      const delta = at.readUInt16BE(16 + 2 * twice + i)
      const place = 16 + 3 * twice + i
      const offset = at.readUInt16BE(place)
      const listed = offset === 0 ? codePoint : at.readUInt16BE(place + offset + 2 * (codePoint - first))
      return listed !== 0 && ((listed + delta) & 0xffff) !== 0
    }
    return false
  }
}
