/** The arguments that fluent-ffmpeg builds, taken apart at the files that the command names. */

export type Argv = {
  inputs: { source: string; options: string[] }[]
  /** Of `-filter_complex`. */
  filter: string | null
  outputs: { target: string; options: string[] }[]
}

/** Said by ffleet itself, for every ffmpeg. */
const OWN_FLAGS = new Set(['-y', '-n', '-hide_banner', '-nostdin', '-nostats', '-stats'])
const OWN_OPTIONS = new Set(['-loglevel', '-v', '-stats_period'])
const GRAPH = new Set(['-filter_complex', '-lavfi'])

/** `sources` and `targets` in the order of the command; the argv has each of them at its place. */
export function splitArgv(argv: readonly string[], sources: readonly string[], targets: readonly string[]): Argv {
  let at = 0
  const inputs = sources.map((source) => {
    const end = argv.findIndex((text, i) => i >= at && text === '-i' && argv[i + 1] === source)
    const options = argv.slice(at, end)
    at = end + 2
    return { source, options }
  })
  let filter: string | null = null
  const outputs = targets.map((target) => {
    const end = argv.indexOf(target, at)
    const options: string[] = []
    for (let i = at; i < end; i++) {
      const text = argv[i]!
      if (OWN_FLAGS.has(text)) continue
      if (GRAPH.has(text)) filter = argv[++i] ?? null
      else if (OWN_OPTIONS.has(text)) i += 1
      else options.push(text)
    }
    at = end + 1
    return { target, options }
  })
  return { inputs, filter, outputs }
}
