/** How outputs get at a stream that a graph of filters makes. */

/** What stands for a stream of the graph in the options of an output, as a specifier stands for one of a file. */
export const PICTURE = '[picture]'
export const SOUND = '[sound]'
export type Made = typeof PICTURE | typeof SOUND

const FILTER_OPTIONS = { [PICTURE]: ['-vf', '-filter:v'], [SOUND]: ['-af', '-filter:a'] } as const

/** One stream on its way into one output. */
export type Tap = { of: Made; filters: string; label: string }

/**
 * The options of output `n` for the same output of a graph: ffmpeg lets no filters of their own follow a stream out of a graph,
 * so `-map [picture] -vf scale=…` becomes `-map [o0v]`, and the filters are one more chain of the graph.
 */
export function tap(args: readonly string[], n: number): { args: string[]; taps: Tap[] } {
  const taps: Tap[] = []
  const rest: string[] = []
  const filters = new Map<string, string>()
  for (let i = 0; i < args.length; i++) {
    const [option, value] = [args[i]!, args[i + 1]]
    if (option === '-map' && (value === PICTURE || value === SOUND)) {
      const label = `[o${n}${value === PICTURE ? 'v' : 'a'}]`
      taps.push({ of: value, filters: '', label })
      rest.push('-map', label)
      i++
    } else if (
      value !== undefined &&
      [...FILTER_OPTIONS[PICTURE], ...FILTER_OPTIONS[SOUND]].some((one) => one === option)
    ) {
      filters.set(option, value)
      i++
    } else rest.push(option)
  }
  const filtersOf = (of: Made) => FILTER_OPTIONS[of].map((option) => filters.get(option)).find(Boolean)
  return {
    args: rest,
    taps: taps.map((one) => ({
      ...one,
      filters: named(filtersOf(one.of), n) ?? (one.of === PICTURE ? 'null' : 'anull'),
    })),
  }
}

/** What an output calls streams within its filters, no other output does. */
function named(filters: string | undefined, n: number): string | undefined {
  return filters?.replaceAll(/\[(\w+)\]/g, `[o${n}$1]`)
}

/** Chains that hand a stream to every output that takes it, and through its filters. */
export function tapped(from: Made, taps: readonly Tap[]): string[] {
  const own = taps.filter(({ of }) => of === from)
  const splits = own.map((_, i) => `[${from.slice(1, -1)}${i}]`)
  const split = from === PICTURE ? 'split' : 'asplit'
  if (own.length === 1) return [`${from}${own[0]!.filters}${own[0]!.label}`]
  return [
    `${from}${split}=${own.length}${splits.join('')}`,
    ...own.map(({ filters, label }, i) => `${splits[i]}${filters}${label}`),
  ]
}
