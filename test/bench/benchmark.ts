/** One row of `docs/benchmarks.md`. */
export type Figure = {
  what: string
  ffleet: string
  /** What it is held against, measured in the same run. */
  beside: string
  /** How the two compare: a ratio, mostly. */
  compared: string
  /** What is to be reached; null for a figure that is only told. */
  target: string | null
  reached: boolean | null
}

/** `workers`: sizes of the fleet, with commas between them; `seconds`: how long each is looked at. Of `fleet-sim`. */
export type BenchmarkOptions = { workers?: string | undefined; seconds?: string | undefined }

export type Benchmark = {
  /** `npm run bench -- NAME`. */
  name: string
  title: string
  /** How it is measured, for the reader of the page. */
  about: string
  run(say: (line: string) => void, options?: BenchmarkOptions): Promise<Figure[]>
}

/** The value that a share of all values lie at or below, by the nearest rank. NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
}

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  return Number.isInteger(middle) ? (sorted[middle - 1]! + sorted[middle]!) / 2 : sorted[Math.floor(middle)]!
}

/**
 * A median with its standard error, as text: how far chance alone may have moved it. Taken from the middle half of the
 * values, which as many outliers as a busy machine brings do not widen.
 */
export function medianText(values: readonly number[], digits: number): string {
  const middleHalf = quantile(values, 0.75) - quantile(values, 0.25)
  const error = (0.93 * middleHalf) / Math.sqrt(values.length)
  return `${median(values).toFixed(digits)} ± ${error.toFixed(digits)}`
}

/**
 * The same sides again and again, beginning with another one each time, so that a busy minute of the machine hits all.
 * On a machine too slow for all rounds it ends after `limitMs`, but not before the third.
 */
export async function interleaved<Side extends string, Result>(
  { rounds, limitMs }: { rounds: number; limitMs: number },
  sides: Record<Side, () => Promise<Result>>,
): Promise<Record<Side, Result>[]> {
  const names = Object.keys(sides) as Side[]
  const results: Record<Side, Result>[] = []
  const startMs = performance.now()
  for (let round = 0; round < rounds; round++) {
    if (round >= 3 && performance.now() - startMs > limitMs) break
    const result = {} as Record<Side, Result>
    for (let i = 0; i < names.length; i++) {
      const name = names[(round + i) % names.length]!
      result[name] = await sides[name]()
    }
    results.push(result)
  }
  return results
}
