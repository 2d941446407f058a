import type { Position } from '../../contract/index.js'
import type { Size } from '../size.js'

/** In percent of the shorter side of the picture. */
const DEFAULT_MARGIN = 3

export function marginOf(percent: number = DEFAULT_MARGIN, { width, height }: Size): number {
  return Math.round((Math.min(width, height) * percent) / 100)
}

/** Where something lies in a frame, as filters reckon it; each name is one that the filter knows. */
export function placeOf(
  position: Position,
  margin: number,
  named: { frame: [width: string, height: string]; drawn: [width: string, height: string] },
): { x: string; y: string } {
  const along = (i: 0 | 1, before: string, behind: string) => {
    if (position.split('-').includes(before)) return `${margin}`
    const left = `${named.frame[i]}-${named.drawn[i]}`
    return position.split('-').includes(behind) ? `${left}-${margin}` : `(${left})/2`
  }
  return { x: along(0, 'left', 'right'), y: along(1, 'top', 'bottom') }
}

/** When it is shown, on the clock of the filters, which is `offsetUs` ahead of the output's; empty: all the time. */
export function shownWhen(
  { startMs, endMs }: { startMs?: number | undefined; endMs?: number | undefined },
  offsetUs: number,
): string {
  const at = (ms: number) => (ms / 1_000 + offsetUs / 1e6).toFixed(3)
  const bounds = [
    ...(startMs === undefined ? [] : [`gte(t,${at(startMs)})`]),
    ...(endMs === undefined ? [] : [`lt(t,${at(endMs)})`]),
  ]
  return bounds.length === 0 ? '' : `:enable='${bounds.join('*')}'`
}
