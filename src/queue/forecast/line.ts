/**
 * A straight line through points that came one after another, the newer ones weighing more: six numbers, however many
 * points there were.
 */
export type Line = {
  /** Sum of the weights: how many points it stands for. */
  weight: number
  meanX: number
  meanY: number
  /** Weighted sums of squares and products about the means. */
  xx: number
  xy: number
  yy: number
}

/** With another point; each one before weighs `keep` (below 1) of what it did. */
export function withPoint(line: Line | undefined, x: number, y: number, keep: number): Line {
  if (line === undefined) return { weight: 1, meanX: x, meanY: y, xx: 0, xy: 0, yy: 0 }
  const weight = line.weight * keep + 1
  const [dx, dy] = [x - line.meanX, y - line.meanY]
  const [meanX, meanY] = [line.meanX + dx / weight, line.meanY + dy / weight]
  return {
    weight,
    meanX,
    meanY,
    xx: line.xx * keep + dx * (x - meanX),
    xy: line.xy * keep + dx * (y - meanY),
    yy: line.yy * keep + dy * (y - meanY),
  }
}

/** The slope, drawn towards a presumed one that weighs as much as points with this sum of squares would. */
export function slopeOf(line: Line, presumed: number, presumedXx: number): number {
  return (line.xy + presumed * presumedXx) / (line.xx + presumedXx)
}

/** Sum of the squared distances of the points from the line through their mean with this slope. */
export function squaresAbout(line: Line, slope: number): number {
  return Math.max(0, line.yy - 2 * slope * line.xy + slope * slope * line.xx)
}
