/** How a progress snapshot says how it stands with each part of an output. */
export const PART_SIGNS = { open: '.', active: '>', made: '#' } as const

/** How many of the parts there are, are made, and are being made. */
export function countParts(signs: string): { all: number; made: number; active: number } {
  const count = (sign: string) => signs.split(sign).length - 1
  return { all: signs.length, made: count(PART_SIGNS.made), active: count(PART_SIGNS.active) }
}
