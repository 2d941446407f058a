import type { Style } from './style.js'
import { displayWidth, padEnd, printable, shorten } from './text.js'

/** Columns below their heads. On a terminal of so many columns the widest column is cut to let each row fit on a line. */
export function table(head: readonly string[], rows: readonly string[][], style: Style, columns?: number): string {
  const cells = rows.map((row) => row.map(printable))
  const widths = head.map((title, i) =>
    Math.max(displayWidth(title), ...cells.map((row) => displayWidth(row[i] ?? ''))),
  )
  const over = widths.reduce((sum, width) => sum + width + 2, -2) - (columns ?? Number.POSITIVE_INFINITY)
  if (over > 0) {
    const widest = widths.indexOf(Math.max(...widths))
    widths[widest] = Math.max(8, widths[widest]! - over)
  }
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => padEnd(shorten(cell, widths[i]!), widths[i]!))
      .join('  ')
      .trimEnd()
  return [style.dim(line(head)), ...cells.map(line)].join('\n')
}

/** `name  value` lines, the names in one column. */
export function facts(rows: readonly (readonly [string, string])[], style: Style): string {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `${style.dim(name.padEnd(width))}  ${printable(value)}`.trimEnd()).join('\n')
}
