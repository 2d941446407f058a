/**
 * Filter graphs, read as ffmpeg reads them (`libavfilter/graphparser.c`, `libavutil/avstring.c`) and written again with
 * everything escaped: ffmpeg gets what was looked at, and never a text that two readers could take differently.
 */

/** An option of a filter; `name` null: given without one. */
export type FilterOption = { name: string | null; value: string }
export type Filter = {
  name: string
  /** What stands behind the `@`; tells two of a kind apart. */
  id: string | null
  options: FilterOption[]
  inputs: string[]
  outputs: string[]
}
/** Filters that hand on to each other; chains are joined by their labels alone. */
export type Graph = Filter[][]

/** The text is no filter graph; the message says where it stops to be one. */
export class GraphError extends Error {}

const SPACE = ' \n\t\r'

/** @throws GraphError */
export function parseGraph(text: string): Graph {
  const reader = new Reader(text)
  const graph: Graph = [[]]
  for (;;) {
    graph.at(-1)!.push(readFilter(reader))
    reader.skipSpace()
    if (reader.atEnd()) return graph
    const next = reader.take()
    if (next === ';') graph.push([])
    else if (next !== ',') throw new GraphError(`\`${next}\` is unexpected`)
  }
}

/** What `parseGraph` reads the same graph from. */
export function writeGraph(graph: Graph): string {
  return graph.map((chain) => chain.map(writeFilter).join(',')).join(';')
}

function readFilter(reader: Reader): Filter {
  const inputs = readLabels(reader)
  const [name = '', ...ids] = reader.token('=,;[').split('@')
  if (!/^\w+$/.test(name))
    throw new GraphError(name === '' ? 'a filter is missing' : `\`${name}\` is no name of a filter`)
  const options = reader.accept('=') ? readOptions(reader.token('[],;')) : []
  const id = ids.length === 0 ? null : ids.join('@')
  if (id !== null && !/^\w+$/.test(id)) throw new GraphError(`\`${id}\` is no name for a filter of a graph`)
  return { name, id, options, inputs, outputs: readLabels(reader) }
}

function readLabels(reader: Reader): string[] {
  const labels: string[] = []
  for (reader.skipSpace(); reader.accept('['); reader.skipSpace()) {
    const label = reader.token(']')
    if (!/^[\w:.#-]+$/.test(label)) throw new GraphError(`\`[${label}]\` is no label`)
    if (!reader.accept(']')) throw new GraphError(`\`[${label}\` is not closed`)
    labels.push(label)
  }
  return labels
}

/** The text behind the `=`, without its outer quotes. */
function readOptions(text: string): FilterOption[] {
  const reader = new Reader(text)
  const options: FilterOption[] = []
  while (!reader.atEnd()) {
    const name = reader.key()
    options.push({ name, value: reader.token(':') })
    reader.accept(':')
  }
  return options
}

class Reader {
  #at = 0
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  atEnd(): boolean {
    return this.#at >= this.#text.length
  }

  take(): string {
    return this.#text[this.#at++] ?? ''
  }

  accept(char: string): boolean {
    if (this.#text[this.#at] !== char) return false
    this.#at += 1
    return true
  }

  skipSpace(): void {
    while (!this.atEnd() && SPACE.includes(this.#text[this.#at]!)) this.#at += 1
  }

  /** Up to one of the characters; quotes and backslashes are resolved, spaces around it that are not quoted are left out. */
  token(ends: string): string {
    this.skipSpace()
    let out = ''
    let kept = 0
    while (!this.atEnd() && !ends.includes(this.#text[this.#at]!)) {
      const char = this.take()
      if (char === '\\' && !this.atEnd()) {
        out += this.take()
        kept = out.length
      } else if (char === "'") {
        while (!this.atEnd() && this.#text[this.#at] !== "'") out += this.take()
        if (this.accept("'")) kept = out.length
      } else out += char
    }
    while (out.length > kept && SPACE.includes(out.at(-1)!)) out = out.slice(0, -1)
    return out
  }

  /** What stands before a `=`, if that is a key; else nothing is taken. */
  key(): string | null {
    const [all, key] = /^[ \n\t\r]*([\w/.-]+)[ \n\t\r]*=/.exec(this.#text.slice(this.#at)) ?? []
    if (all === undefined) return null
    this.#at += all.length
    return key!
  }
}

/** Spaces are escaped everywhere: at the ends they count only so. */
const IN_OPTION = /[\\': \n\t\r]/g
const WITHOUT_NAME = /[\\':= \n\t\r]/g
const IN_GRAPH = /[\\'[\],; \n\t\r]/g

function writeFilter({ name, id, options, inputs, outputs }: Filter): string {
  const labels = (all: string[]) => all.map((label) => `[${label}]`).join('')
  const given = options.map((option) =>
    option.name === null ? escaped(option.value, WITHOUT_NAME) : `${option.name}=${escaped(option.value, IN_OPTION)}`,
  )
  const values = options.length === 0 ? '' : `=${escaped(given.join(':'), IN_GRAPH)}`
  return `${labels(inputs)}${name}${id === null ? '' : `@${id}`}${values}${labels(outputs)}`
}

function escaped(text: string, special: RegExp): string {
  return text.replace(special, '\\$&')
}
