/** The few forms of Markdown that generated parts are made of. */

/** One table as the formatter of this repository would have it; a column that is empty in every row is left out. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const used = head.map((_, i) => rows.some((row) => row[i] !== ''))
  const lines = [head, ...rows].map((cells) => cells.filter((_, i) => used[i]).map(cell))
  const widths = lines[0]!.map((_, i) => Math.max(3, ...lines.map((cells) => cells[i]!.length)))
  const line = (cells: readonly string[], fill = ' ') =>
    `| ${widths.map((width, i) => (cells[i] ?? '').padEnd(width, fill)).join(' | ')} |`
  return [line(lines[0]!), line([], '-'), ...lines.slice(1).map((cells) => line(cells))].join('\n')
}

/** Text in one cell of a table. */
function cell(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ').replaceAll(/(?<!\\)\|/g, '\\|')
}

export function code(text: string): string {
  return text === '' ? '' : `\`${text}\``
}

/** Text that may hold `<names>`, which Markdown would take for tags; what is code already stays as it is. */
export function plainText(text: string): string {
  return text.replaceAll(/`[^`]*`|</g, (found) => (found === '<' ? '\\<' : found))
}

/** A fenced block; `mark` is a comment for the tests, on the line before. */
export function block(language: string, text: string, mark?: string): string {
  const fence = `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``
  return mark === undefined ? fence : `<!-- ${mark} -->\n${fence}`
}

/** Something to link to inside a table. */
export function anchored(id: string, text: string): string {
  return `<a id="${id.toLowerCase()}"></a>${text}`
}

const WIDTH = 110

/** JSON as a person would break it: what fits on a line stays on it. `before` counts what stands on the line already. */
export function prettyJson(value: unknown, indent = '', before = indent.length): string {
  const flat = oneLine(value)
  if (flat.length + before < WIDTH || typeof value !== 'object' || value === null) return flat
  const inner = `${indent}  `
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  const items = Array.isArray(value)
    ? value.map((item) => inner + prettyJson(item, inner))
    : Object.entries(value).map(([key, item]) => {
        const name = `${inner}${JSON.stringify(key)}: `
        return name + prettyJson(item, inner, name.length)
      })
  return `${open}\n${items.join(',\n')}\n${indent}${close}`
}

function oneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(oneLine).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const fields = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${oneLine(item)}`)
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`
}
