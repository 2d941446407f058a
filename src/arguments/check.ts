/** Holds options and graphs against the tables. Every fault says which element it is about, why, and the way out. */
import { REFUSED_CONTAINERS } from './codecs.js'
import { filterRule, REFUSED_FILTERS } from './filters/index.js'
import { type Filter, type Graph, GraphError, parseGraph } from './graph.js'
import { type OptionRule, optionRule, type Place, REFUSED_OPTIONS } from './options.js'

/** An option as it was read; `value` null where it stands alone. */
export type Option = {
  name: string
  /** `v:0` of `-b:v:0`; null without one. */
  stream: string | null
  value: string | null
  /** Of a filter option. */
  graph: Graph | null
}

/** `index`: which element of the list is at fault. */
export type Fault = { index: number; detail: string }

const OPTION = /^-([A-Za-z0-9][\w-]*)(?::([A-Za-z0-9_:#]{1,64}))?$/
/** What ffmpeg's own limits on a command are far from. */
const MAX_GRAPH = 16_384

/** What a list of options says, in its order, and everything that stands against it. */
export function readOptions(place: Place, list: readonly string[]): { options: Option[]; faults: Fault[] } {
  const options: Option[] = []
  const faults: Fault[] = []
  for (let index = 0; index < list.length; index++) {
    const text = list[index]!
    const [, name, stream = null] = OPTION.exec(text) ?? []
    if (name === undefined) {
      faults.push({ index, detail: `${shown(text)} is no option: those begin with a dash, and files stand elsewhere` })
      continue
    }
    const rule = optionRule(place, name)
    if (rule === undefined) {
      faults.push({ index, detail: refusedOption(place, name) })
      // What follows may be its value, or an option: the next dash goes on.
      while (index + 1 < list.length && !list[index + 1]!.startsWith('-')) index += 1
      continue
    }
    if (rule.takes === 'none') {
      options.push({ name, stream, value: null, graph: null })
      continue
    }
    index += 1
    const value = list[index]
    if (value === undefined) {
      faults.push({ index: index - 1, detail: `\`-${name}\` takes a value, and none follows` })
      continue
    }
    const graph = rule.takes === 'graph' ? readGraph(value) : null
    const fault = graph === null ? valueFault(rule, value) : graph.fault
    if (fault !== null) faults.push({ index, detail: `\`-${name}\`: ${fault}` })
    else options.push({ name, stream, value, graph: graph?.graph ?? null })
  }
  return { options, faults }
}

/** A graph whose every filter and option is let through, or the first thing that stands against it. */
export function readGraph(text: string): { graph: Graph; fault: null } | { graph: null; fault: string } {
  try {
    if (text.length > MAX_GRAPH) throw new GraphError(`it has ${text.length} characters, and may have ${MAX_GRAPH}`)
    const graph = parseGraph(text)
    for (const filter of graph.flat()) {
      const fault = filterFault(filter)
      if (fault !== null) return { graph: null, fault }
    }
    return { graph, fault: null }
  } catch (error) {
    if (!(error instanceof GraphError)) throw error
    return { graph: null, fault: `this is no filter graph: ${error.message}` }
  }
}

function filterFault({ name, options }: Filter): string | null {
  const rule = filterRule(name)
  if (rule === undefined) {
    const why = Object.hasOwn(REFUSED_FILTERS, name)
      ? REFUSED_FILTERS[name]
      : 'it is not on the list of those that neither read, write, load nor connect'
    return `the filter \`${name}\` is not let through: ${why}`
  }
  let unnamed = 0
  for (const option of options) {
    if (option.name === null) unnamed += 1
    else if (option.name !== 'enable' && !rule.options.has(option.name)) {
      return `the option \`${option.name}\` of the filter \`${name}\` is not let through: it may name a file, or is not known`
    } else if (name === 'drawtext' && option.name === 'font' && !/^[\w ,-]{1,128}$/.test(option.value)) {
      return 'the option `font` of the filter `drawtext` takes the name of a font'
    }
  }
  if (unnamed <= rule.unnamed) return null
  return `the filter \`${name}\` takes ${rule.unnamed} options without a name here, and has ${unnamed}: name them`
}

function valueFault({ name, takes }: OptionRule, value: string): string | null {
  if (typeof takes === 'string' || takes.fits(value)) return null
  if (name === 'f' && Object.hasOwn(REFUSED_CONTAINERS, value)) {
    return `the format ${shown(value)} is not let through: ${REFUSED_CONTAINERS[value]}`
  }
  return `${shown(value)} is not let through; it takes ${takes.takes}`
}

function refusedOption(place: Place, name: string): string {
  if (Object.hasOwn(REFUSED_OPTIONS, name)) return `\`-${name}\` is not let through: ${REFUSED_OPTIONS[name]}`
  const other = place === 'input' ? 'output' : 'input'
  if (optionRule(other, name) !== undefined)
    return `\`-${name}\` is an option of an ${other}, and stands with an ${place}`
  return `\`-${name}\` is not on the list of options that neither read, write, load nor connect; leave it out`
}

function shown(text: string): string {
  return `\`${text.length > 80 ? `${text.slice(0, 79)}…` : text}\``
}
