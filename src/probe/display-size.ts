/**
 * Pixels as shown: the width stretched by the sample aspect ratio, as players do it, then the sides swapped for a
 * quarter turn. Null where the stored size is unknown.
 */
export function displaySize(
  width: number | null,
  height: number | null,
  sampleAspectRatio: number,
  rotation: number,
): { displayWidth: number | null; displayHeight: number | null } {
  if (!width || !height) return { displayWidth: null, displayHeight: null }
  const sane = Number.isFinite(sampleAspectRatio) && sampleAspectRatio > 0.01 && sampleAspectRatio < 100
  const shown = Math.max(1, Math.round(width * (sane ? sampleAspectRatio : 1)))
  const turned = rotation % 180 !== 0
  return { displayWidth: turned ? height : shown, displayHeight: turned ? shown : height }
}
