/** Reads what the documentation tests need of a Markdown page: code blocks, anchors, links. */

export type CodeBlock = {
  /** First word of the info string: `ts`, `sh`, `text` …; empty without one. */
  language: string
  /** `key=value` pairs and single words (value `''`) of the rest of the info string. */
  attributes: Record<string, string>
  /** Words of an HTML comment on the line before, such as `<!-- run expect="ok" -->`, in the same form; `run: name` is `run=name`. */
  marks: Record<string, string>
  code: string
  /** Line of the opening fence, from 1. */
  line: number
}

export type Link = { target: string; line: number }

export type Page = {
  blocks: CodeBlock[]
  links: Link[]
  anchors: Set<string>
  headings: { level: number; text: string }[]
}

const FENCE = /^( *)(`{3,}|~{3,})(.*)$/
const COMMENT = /^\s*<!--\s*(.*?)\s*-->\s*$/
const HEADING = /^(#{1,6})\s+(.*?)\s*#*$/
const LINK = /!?\[(?:[^[\]]|\[[^\]]*\])*\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g
const REFERENCE = /^\s{0,3}\[[^\]]+\]:\s*(\S+)/
const HTML_LINK = /<(?:a|img)\s[^>]*?(?:href|src)="([^"]+)"/g
const HTML_ANCHOR = /<[a-z]+\s[^>]*?(?:id|name)="([^"]+)"/g

export function readPage(text: string): Page {
  const page: Page = { blocks: [], links: [], anchors: new Set(), headings: [] }
  const lines = text.split('\n')
  const slugs = new Map<string, number>()
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!
    const fence = FENCE.exec(line)
    if (fence) {
      const [, indent, marker, info] = fence
      const end = lines.findIndex(
        (other, j) => j > i && other.trim().startsWith(marker!) && /^\s*[`~]+\s*$/.test(other),
      )
      const last = end < 0 ? lines.length : end
      const [language = '', ...rest] = words(info!)
      page.blocks.push({
        language,
        attributes: pairs(rest),
        marks: pairs(words((COMMENT.exec(lines[i - 1] ?? '')?.[1] ?? '').replace(/^(\w+):\s+/, '$1='))),
        code: lines
          .slice(i + 1, last)
          .map((code) => `${withoutIndent(code, indent!.length)}\n`)
          .join(''),
        line: i + 1,
      })
      i = last
      continue
    }
    const prose = line.replace(/`+[^`]*`+/g, '')
    for (const [, id] of prose.matchAll(HTML_ANCHOR)) page.anchors.add(id!)
    for (const [, target] of [...prose.matchAll(LINK), ...prose.matchAll(HTML_LINK)])
      page.links.push({ target: target!, line: i + 1 })
    const reference = REFERENCE.exec(prose)
    if (reference) page.links.push({ target: reference[1]!, line: i + 1 })
    const heading = HEADING.exec(line)
    if (!heading) continue
    page.headings.push({ level: heading[1]!.length, text: heading[2]! })
    const slug = slugOf(heading[2]!)
    const seen = slugs.get(slug) ?? 0
    slugs.set(slug, seen + 1)
    page.anchors.add(seen === 0 ? slug : `${slug}-${seen}`)
  }
  return page
}

/** The anchor GitHub gives a heading. */
export function slugOf(heading: string): string {
  return heading
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/<[^>]+>/g, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-')
}

function withoutIndent(line: string, width: number): string {
  return line.slice(0, width).trim() === '' ? line.slice(width) : line
}

/** Splits at spaces, but not inside double quotes. */
function words(text: string): string[] {
  return text.match(/(?:[^\s"]|"[^"]*")+/g) ?? []
}

function pairs(list: string[]): Record<string, string> {
  return Object.fromEntries(
    list.map((word) => {
      const at = word.indexOf('=')
      return at < 0 ? [word, ''] : [word.slice(0, at), word.slice(at + 1).replace(/^"|"$/g, '')]
    }),
  )
}
