/** What a shell is taught about the command line: generated from the commands, so that it knows what they know. */
import type { ArgsDef } from 'citty'
import { SHIPPED_PRESETS } from '../presets/index.js'
import type { CommandTable } from './command.js'
import { SCHEDULE_VERBS } from './commands/schedule.js'

export const SHELLS = ['bash', 'zsh', 'fish'] as const
type Shell = (typeof SHELLS)[number]

type Option = {
  long: string
  short: string | null
  description: string
  /** Null: it takes no value. Empty: any. */
  values: readonly string[] | null
}
type Described = {
  name: string
  summary: string
  options: Option[]
  /** What its arguments may be: files, one of some words, or what no shell can know. */
  arguments: 'files' | readonly string[]
}

/** Arguments by the names that commands give them. */
const ARGUMENT_KINDS: Record<string, Described['arguments']> = {
  'input…': 'files',
  'pattern…': 'files',
  file: 'files',
  'job…': ['last', '-'],
  job: ['last'],
  name: SHIPPED_PRESETS.map(({ name }) => name),
  shell: SHELLS,
  action: ['add', 'list', 'revoke', 'rotate'],
  verb: SCHEDULE_VERBS,
  what: ['check', 'ls'],
  task: ['check'],
  part: ['secret'],
}

/** The script for the shell. */
export async function completionScript(shell: Shell, table: CommandTable): Promise<string> {
  const entries = Object.values(table).flatMap((group) => Object.entries(group))
  const commands = await Promise.all(
    entries.map(async ([name, { summary, load }]) => {
      const { args } = await load()
      return describe(name, summary, ((typeof args === 'function' ? await args() : await args) ?? {}) as ArgsDef)
    }),
  )
  return { bash, zsh, fish }[shell](commands)
}

function describe(name: string, summary: string, args: ArgsDef): Described {
  const all = Object.entries(args)
  const place = all.find(([, def]) => def.type === 'positional')
  const options = all.filter(([, def]) => def.type !== 'positional')
  return {
    name,
    summary,
    options: [...options.map(optionOf), { long: 'help', short: 'h', description: 'Show what it takes', values: null }],
    arguments: (place && ARGUMENT_KINDS[place[0]]) ?? [],
  }
}

function optionOf([long, def]: [string, ArgsDef[string]]): Option {
  const { alias, options } = def as { alias?: string | string[]; options?: string[] }
  const short = [alias ?? []].flat().find((each) => each.length === 1) ?? null
  const words = long === 'preset' ? SHIPPED_PRESETS.map(({ name }) => name) : (options ?? [])
  return { long, short, description: def.description ?? '', values: def.type === 'boolean' ? null : words }
}

/** Options whose values are files, as an option without words otherwise takes what no shell can know. */
const isFile = ({ long }: Option) => long === 'output'

const words = (list: readonly string[]) => list.join(' ')
const flags = ({ long, short }: Option) => [`--${long}`, ...(short === null ? [] : [`-${short}`])]

function bash(commands: readonly Described[]): string {
  const cases = commands.map(({ name, options, arguments: places }) => {
    const values = options.flatMap((option) => {
      if (option.values === null) return []
      const then = isFile(option) ? 'COMPREPLY=($(compgen -f -- "$word"))' : wordList(option.values)
      return [`        ${flags(option).join('|')}) ${then}; return ;;`]
    })
    const others = places === 'files' ? 'COMPREPLY=($(compgen -f -- "$word"))' : wordList(places)
    return [
      `    ${name})`,
      '      case "$before" in',
      ...values,
      '      esac',
      `      if [[ $word == -* ]]; then ${wordList(options.flatMap(flags))}; else ${others}; fi`,
      '      ;;',
    ].join('\n')
  })
  return `# bash completion of ffleet: eval "$(ffleet completion bash)" in ~/.bashrc
_ffleet() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]}
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    ${wordList(commands.map(({ name }) => name))}
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
    help) ${wordList(commands.map(({ name }) => name))} ;;
  esac
}
complete -o filenames -F _ffleet ffleet
`
}

const wordList = (list: readonly string[]) => `COMPREPLY=($(compgen -W '${words(list)}' -- "$word"))`

function zsh(commands: readonly Described[]): string {
  const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`
  const told = (text: string) => text.replaceAll(/[[\]:\\]/g, '\\$&')
  const cases = commands.map(({ name, options, arguments: places }) => {
    const specs = options.map((option) => {
      const { values } = option
      const value = isFile(option) ? ':path:_files' : `:value:${wordsOrNone(values ?? [])}`
      const names = flags(option)
      const head = names.length > 1 ? `{${names.join(',')}}` : names[0]
      return `'*'${head}${quoted(`[${told(option.description)}]${values === null ? '' : value}`)}`
    })
    const rest = places === 'files' ? '*:file:_files' : `*:argument:${wordsOrNone(places)}`
    return `    ${name}) _arguments ${[...specs, quoted(rest)].join(' \\\n      ')} ;;`
  })
  const summaries = commands.map(({ name, summary }) => `    ${quoted(`${name}:${told(summary)}`)}`)
  return `#compdef ffleet
# zsh completion of ffleet: eval "$(ffleet completion zsh)" in ~/.zshrc, after compinit
_ffleet() {
  local -a commands
  commands=(
${summaries.join('\n')}
  )
  if ((CURRENT == 2)); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
${cases.join('\n')}
  esac
}
compdef _ffleet ffleet
`
}

const wordsOrNone = (list: readonly string[]) => (list.length === 0 ? ' ' : `(${words(list)})`)

function fish(commands: readonly Described[]): string {
  const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
  const lines = commands.flatMap(({ name, summary, options, arguments: places }) => {
    const within = `complete -c ffleet -n '__fish_seen_subcommand_from ${name}'`
    return [
      `complete -c ffleet -n __fish_use_subcommand -f -a ${name} -d ${quoted(summary)}`,
      ...(places === 'files' ? [`${within} -F`] : [`${within} -f -a ${quoted(words(places))}`]),
      ...options.map((option) => {
        const { long, short, description, values } = option
        const value = values === null ? '' : isFile(option) ? ' -r -F' : ` -x -a ${quoted(words(values))}`
        return `${within} -l ${long}${short === null ? '' : ` -s ${short}`}${value} -d ${quoted(description)}`
      }),
    ]
  })
  return `# fish completion of ffleet: ffleet completion fish > ~/.config/fish/completions/ffleet.fish\n${lines.join('\n')}\n`
}
