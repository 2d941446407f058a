import type { Preset } from '../../contract/index.js'
import type { Fault } from './fault.js'

/** In pixels. */
const MAX_SHEET_WIDTH = 16_384

export function spriteFaults({ kind, sprites }: Preset, fault: Fault): void {
  if (sprites === null) return
  const { intervalMs, count, columns, width, format, times } = sprites
  if (columns * width > MAX_SHEET_WIDTH) {
    fault(
      '/sprites/columns',
      `of ${width} pixels each would be wider than ${MAX_SHEET_WIDTH}; give fewer, or a smaller width`,
    )
  }
  if (kind === 'sheet') {
    if (intervalMs !== null)
      fault('/sprites/intervalMs', 'a contact sheet has columns x rows stills, evenly over the film')
    if (count !== undefined) fault('/sprites/count', 'a contact sheet has columns x rows stills, evenly over the film')
    if (format !== undefined) fault('/sprites/format', 'of a contact sheet is its container')
    return
  }
  if ((intervalMs === null) === (count === undefined)) fault('/sprites', 'give either intervalMs or count')
  if (times !== undefined) fault('/sprites/times', 'are of a contact sheet; thumbnails have an index')
}
