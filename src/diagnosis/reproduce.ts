import { baseName, isAbsolutePath, redactText } from './redact.js'

/** ffleet's own plumbing, and its fence against files of strangers, by the values that follow: neither changes what is encoded. By hand ffmpeg may ask before it overwrites. */
const PLUMBING = new Map([
  ['-nostdin', 0],
  ['-y', 0],
  ['-nostats', 0],
  ['-benchmark', 0],
  ['-loglevel', 1],
  ['-stats_period', 1],
  ['-progress', 1],
  ['-max_alloc', 1],
  ['-max_pixels', 1],
  ['-protocol_whitelist', 1],
  ['-format_whitelist', 1],
  ['-codec_whitelist', 1],
])

/**
 * A command line that runs the same pass by hand, in the folder of the input: file names without folders, quoted for a
 * POSIX shell. `input` is the name that the input has for the person who sent it. An output that would replace an input
 * is called `out-…`.
 */
export function reproduceCommand(argv: readonly string[], input: string | null = null): string {
  const args: string[] = []
  const inputs = new Set<string>()
  for (let i = 0; i < argv.length; i += 1) {
    const option = argv[i]!
    const values = PLUMBING.get(option)
    if (values !== undefined) {
      i += values
    } else if (option === '-i' && i + 1 < argv.length) {
      const name = inputName(argv[(i += 1)]!, inputs.size === 0 ? input : null)
      inputs.add(name)
      args.push('-i', name)
    } else {
      args.push(option)
    }
  }
  const named = args.map((argument, i) => {
    if (args[i - 1] === '-i') return argument
    const name = isAbsolutePath(argument) ? baseName(argument) : redactText(argument)
    return inputs.has(name) ? `out-${name}` : name
  })
  return ['ffmpeg', ...named].map(shellQuote).join(' ')
}

function inputName(argument: string, known: string | null): string {
  const name = known ?? (isAbsolutePath(argument) ? argument : null)
  const shown = name === null ? redactText(argument) : baseName(name)
  return shown.startsWith('-') ? `./${shown}` : shown
}

/** As one word of a POSIX shell. */
export function shellQuote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
