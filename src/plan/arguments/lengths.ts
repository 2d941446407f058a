/** How long what a filter graph makes of its inputs lasts, as far as its filters say. */
import { type Filter, filterRule, type Graph, isEndlessSource } from '../../arguments/index.js'

/** µs; Infinity without an end, null where it can't be known. */
export type LengthUs = number | null

/** How long what a graph has on its labels lasts. `ofSource` knows `0:v`; `unlabelled` is what a filter without inputs gets. */
export function graphLengths(
  graph: Graph,
  ofSource: (specifier: string) => LengthUs,
  unlabelled: (filter: Filter) => LengthUs[],
): { labels: Map<string, LengthUs>; open: LengthUs[] } {
  const labels = new Map<string, LengthUs>()
  const open: LengthUs[] = []
  for (const chain of graph) {
    let last: LengthUs | undefined
    for (const [i, filter] of chain.entries()) {
      const named = filter.inputs.map((label) => (labels.has(label) ? labels.get(label)! : ofSource(label)))
      const ins = named.length > 0 ? named : last === undefined || i === 0 ? unlabelled(filter) : [last]
      last = lengthThrough(filter, ins)
      for (const label of filter.outputs) labels.set(label, last)
      if (i === chain.length - 1 && filter.outputs.length === 0 && !filter.name.endsWith('nullsink')) open.push(last)
    }
  }
  return { labels, open }
}

/** How long the output of one filter lasts. */
function lengthThrough(filter: Filter, ins: LengthUs[]): LengthUs {
  const { name } = filter
  const [first = null] = ins
  switch (filterRule(name)?.length) {
    case 'kept':
      return first
    case 'longest': {
      const known = ins.filter((each) => each !== null)
      if (known.length < ins.length || known.length === 0) return null
      const ends = optionOf(filter, 'shortest') === '1' || optionOf(filter, 'duration') === 'shortest'
      if (optionOf(filter, 'duration') === 'first') return first
      return ends || name === 'amerge' ? Math.min(...known) : Math.max(...known)
    }
    case 'source':
      return isEndlessSource(filter) ? Number.POSITIVE_INFINITY : timeUs(optionOf(filter, 'duration', 'd'))
    case 'changed':
      return changed(filter, ins)
    default:
      return null
  }
}

function changed(filter: Filter, ins: LengthUs[]): LengthUs {
  const [first = null] = ins
  const alone = filter.options.length === 1 ? filter.options[0]!.value : null
  switch (filter.name) {
    case 'setpts':
    case 'asetpts': {
      if (/^\s*PTS\s*-\s*STARTPTS\s*$/.test(alone ?? '')) return first
      const factor = /^(?:(\d*\.?\d+)\*PTS|PTS\*(\d*\.?\d+))$/.exec((alone ?? '').replaceAll(' ', ''))
      return factor && first !== null ? first * Number(factor[1] ?? factor[2]) : null
    }
    case 'atempo':
      return first !== null && Number(alone) > 0 ? first / Number(alone) : null
    case 'reverse':
    case 'areverse':
    case 'framerate':
    case 'minterpolate':
      return first
    case 'trim':
    case 'atrim': {
      const from = timeUs(optionOf(filter, 'start')) ?? 0
      const limit = timeUs(optionOf(filter, 'duration')) ?? Number.POSITIVE_INFINITY
      const to = timeUs(optionOf(filter, 'end')) ?? first
      if (to === null) return null
      return Math.max(0, Math.min(limit, Math.min(to, first ?? to) - from))
    }
    case 'concat':
      return joined(filter, ins)
    default:
      return null
  }
}

/** Segments one behind the other, each as long as the longest of its streams. */
function joined({ options }: Filter, ins: LengthUs[]): LengthUs {
  const at = (name: string, place: number, otherwise: number) => {
    const given = options.find((each) => each.name === name)?.value
    const unnamed = options.every((each) => each.name === null) ? options[place]?.value : undefined
    return Number(given ?? unnamed ?? otherwise)
  }
  const segments = at('n', 0, 2)
  const streams = ins.length / segments
  // Without labels there is one length for each input.
  if (streams !== at('v', 1, 1) + at('a', 2, 0) && streams !== 1) return null
  let sum = 0
  for (let i = 0; i < ins.length; i += streams) {
    const parts = ins.slice(i, i + streams)
    if (parts.includes(null)) return null
    sum += Math.max(...(parts as number[]))
  }
  return sum
}

function optionOf({ options }: Filter, ...names: string[]): string | undefined {
  return options.find(({ name }) => name !== null && names.includes(name))?.value
}

const UNITS: Record<string, number> = { ms: 1_000, us: 1, s: 1_000_000 }

/** A time as ffmpeg reads it; null for none. */
export function timeUs(text: string | null | undefined): number | null {
  const [, sign, clock, unit = 's'] = /^(-?)([\d:.]+?)(ms|us|s)?$/.exec(text ?? '') ?? []
  if (clock === undefined) return null
  const amount = clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0)
  return Number.isFinite(amount) ? Math.round(amount * UNITS[unit]!) * (sign === '-' ? -1 : 1) : null
}
