import type { Style } from './style.js'
import { displayWidth, padEnd, printable, wrap } from './text.js'

/** Less room than this is none for a text that goes on below. */
const LEAST_TEXT = 18
const GAP = 2

/**
 * Columns below their heads. On a terminal of so many columns the texts of one of them, the last unless `text` names
 * another, go on below each other; where even that leaves too little room, each row becomes a block of `facts`.
 */
export function table(
  head: readonly string[],
  rows: readonly string[][],
  style: Style,
  { columns = Number.POSITIVE_INFINITY, text = head.length - 1 }: { columns?: number | undefined; text?: number } = {},
): string {
  const cells = rows.map((row) => row.map(printable))
  const widths = head.map((title, i) =>
    Math.max(displayWidth(title), ...cells.map((row) => displayWidth(row[i] ?? ''))),
  )
  const over = widths.reduce((sum, width) => sum + width + GAP, -GAP) - columns
  const narrowed = widths[text]! - over
  if (over > 0 && narrowed < LEAST_TEXT) return stacked(head, cells, style, columns)
  if (over > 0) widths[text] = narrowed
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => padEnd(cell, widths[i]!))
      .join(' '.repeat(GAP))
      .trimEnd()
  const lines = (row: readonly string[]) => {
    const [first = '', ...more] =
      over > 0 ? wrap(row[text] ?? '', widths[text]!, { anywhere: true }) : [row[text] ?? '']
    const below = more.map((part) => line(head.map((_, i) => (i === text ? part : ''))))
    return [line(row.with(text, first)), ...below].join('\n')
  }
  return [style.dim(line(head)), ...cells.map(lines)].join('\n')
}

function stacked(head: readonly string[], cells: readonly string[][], style: Style, columns: number): string {
  const named = (row: readonly string[]) =>
    head.flatMap((title, i): [string, string][] => (row[i] ? [[title.toLowerCase(), row[i]]] : []))
  return cells.map((row) => facts(named(row), style, columns)).join('\n\n')
}

/**
 * `name  value` lines, the names in one column; on a terminal of so many columns long values go on below, at their words.
 */
export function facts(rows: readonly (readonly [string, string])[], style: Style, columns?: number): string {
  const width = Math.max(...rows.map(([name]) => name.length))
  const indent = width + GAP
  return rows
    .map(([name, value]) => {
      const text = printable(value)
      const [first = '', ...more] = columns === undefined ? [text] : wrap(text, columns - indent)
      const below = more.map((part) => `\n${' '.repeat(indent)}${part}`)
      return `${style.dim(name.padEnd(width))}  ${first}`.trimEnd() + below.join('')
    })
    .join('\n')
}
