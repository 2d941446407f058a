export type Size = { width: number; height: number }

/** Upper bounds of the longer and the shorter side as they are given for a landscape picture; null: none. */
export type Bounds = { width: number | null; height: number | null }

/**
 * The size of an output: as large as the picture is shown, made smaller to fit the bounds, never larger, with the same
 * shape and even sides (4:2:0 needs them). For a portrait picture the bounds change places.
 */
export function fitWithin(shown: Size, bounds: Bounds): Size {
  const isPortrait = shown.height > shown.width
  const most = isPortrait ? { width: bounds.height, height: bounds.width } : bounds
  const factor = Math.min(1, (most.width ?? shown.width) / shown.width, (most.height ?? shown.height) / shown.height)
  return {
    width: even(shown.width * factor, Math.min(shown.width, most.width ?? shown.width)),
    height: even(shown.height * factor, Math.min(shown.height, most.height ?? shown.height)),
  }
}

/** The even number next to `length`, not above `most` and not below 2. */
function even(length: number, most: number): number {
  return Math.max(2, Math.min(2 * Math.round(length / 2), 2 * Math.floor(most / 2)))
}
