/** A whole command: the options of its inputs and outputs, and the graph over all of them. */
import { extname } from 'node:path/posix'
import { type Fault, type Option, readGraph, readOptions } from './check.js'
import { CONTAINERS, containerOf, REFUSED_CONTAINERS } from './codecs.js'
import { filterRule } from './filters/index.js'
import { type Graph, writeGraph } from './graph.js'

/** As it was sent. The path of an output, where there is one, tells its container unless `-f` does. */
export type CommandText = {
  inputs: readonly (readonly string[])[]
  filter: string | null
  outputs: readonly { options: readonly string[]; path: string | null }[]
}

/** As it was read. */
export type Command = { inputs: Option[][]; filter: Graph | null; outputs: CommandOutput[] }
/** `extension` without dot. */
export type CommandOutput = { options: Option[]; container: string; extension: string }

/** What a fault is about: one element of the options of an input or output, its path, or the graph. */
export type CommandFault = { detail: string } & (
  | { of: 'input' | 'output'; number: number; index: number }
  | { of: 'path'; number: number }
  | { of: 'filter' }
)

/** Reads everything against the tables. The command is whole only where there is no fault. */
export function readCommand(text: CommandText): { command: Command; faults: CommandFault[] } {
  const faults: CommandFault[] = []
  const read = (of: 'input' | 'output', number: number, list: readonly string[]): Option[] => {
    const { options, faults: found } = readOptions(of, list)
    faults.push(...found.map((fault: Fault) => ({ ...fault, of, number })))
    return options
  }
  const inputs = text.inputs.map((list, number) => read('input', number, list))
  const over = text.filter === null ? { graph: null, fault: null } : readGraph(text.filter)
  if (over.fault !== null) faults.push({ of: 'filter', detail: over.fault })
  const outputs = text.outputs.flatMap(({ options: list, path }, number) => {
    const options = read('output', number, list)
    const found = containerFor(options, path)
    if ('fault' in found) {
      // An `-f` that is refused has been told already.
      if (!list.includes('-f')) faults.push({ of: 'path', number, detail: found.fault })
      return []
    }
    return [{ ...found, options: options.filter(({ name }) => name !== 'f') }]
  })
  const command = { inputs, filter: over.graph, outputs }
  if (faults.length === 0) faults.push(...endless(command))
  return { command, faults }
}

/** An option as ffmpeg takes it. */
export function writeOption({ name, stream, value, graph }: Option): string[] {
  const text = graph === null ? value : writeGraph(graph)
  return [`-${name}${stream === null ? '' : `:${stream}`}`, ...(text === null ? [] : [text])]
}

/** The last one of these names; ffmpeg takes that, too. */
export function lastOf(options: readonly Option[], ...names: string[]): Option | undefined {
  return options.findLast(({ name }) => names.includes(name))
}

function containerFor(options: readonly Option[], path: string | null) {
  const given = lastOf(options, 'f')?.value ?? null
  const extension = path === null ? '' : extname(path).slice(1).toLowerCase()
  const container = given ?? containerOf(extension)
  if (container !== undefined) {
    const { extensions } = CONTAINERS[container]!
    const own = /^[a-z0-9]{1,8}$/.test(extension) ? extension : (extensions[0] ?? container)
    // The encoder of a picture goes by its extension.
    if (container !== 'image2' || extensions.includes(own)) return { container, extension: own }
    return { fault: `a picture is written as ${extensions.join(', ')}; the path ends in neither` }
  }
  if (path === null) return { fault: 'is missing; give it, or the container with `-f`' }
  const meant = extension === 'm3u8' ? 'hls' : extension === 'mpd' ? 'dash' : extension
  const why = Object.hasOwn(REFUSED_CONTAINERS, meant) ? `: ${REFUSED_CONTAINERS[meant]}` : ''
  return { fault: `ends in no extension of a container that is let through${why}; name one with \`-f\`` }
}

const LIMITS = ['t', 'to', 'frames', 'vframes', 'aframes', 'fs', 'shortest']

/** What never ends by itself has to be ended by every output. */
function endless({ inputs, filter, outputs }: Command): CommandFault[] {
  const loops = inputs.some((options) => isEndless(options))
  const graphs = [filter, ...outputs.flatMap(({ options }) => options.map(({ graph }) => graph))]
  const sources = graphs.flatMap((graph) => graph?.flat() ?? []).filter(isEndlessSource)
  if (!loops && sources.length === 0) return []
  const what = loops ? 'An input is repeated without end' : `The filter \`${sources[0]!.name}\` has no end`
  return outputs.flatMap(({ options }, number) =>
    lastOf(options, ...LIMITS) ? [] : [{ of: 'output', number, index: 0, detail: `${what}: end this output with -t` }],
  )
}

function isEndless(options: readonly Option[]): boolean {
  if (lastOf(options, 't', 'to')) return false
  return lastOf(options, 'stream_loop')?.value === '-1' || isShownForEver(options)
}

/** A picture, or an animation that may repeat itself. */
export function isShownForEver(options: readonly Option[]): boolean {
  return (lastOf(options, 'loop')?.value ?? '0') !== '0' || lastOf(options, 'ignore_loop')?.value === '0'
}

export function isEndlessSource({ name, options }: { name: string; options: { name: string | null }[] }): boolean {
  if (filterRule(name)?.length !== 'source' || name.endsWith('nullsink')) return false
  return !options.some((option) => option.name === 'd' || option.name === 'duration')
}
