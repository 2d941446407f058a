import type { ArgsDef } from 'citty'
import { COMMANDS } from '../../../src/cli/commands.js'
import { EXIT } from '../../../src/cli/exit.js'
import { optionText } from '../../../src/cli/render/help.js'
import { CLI_EXAMPLES } from './cli-examples.js'
import { mark } from './http.js'
import { block, code, plainText, table } from './markdown.js'

export async function cliParts(): Promise<Record<string, string>> {
  const overview = Object.entries(COMMANDS).flatMap(([group, commands]) =>
    Object.entries(commands).map(([name, { summary }]) => [
      `[${code(`ffleet ${name}`)}](#ffleet-${name})`,
      summary,
      group,
    ]),
  )
  const sections = await Promise.all(
    Object.entries(COMMANDS).map(async ([group, commands]) => {
      const own = await Promise.all(Object.entries(commands).map(([name, { load }]) => commandSection(name, load)))
      return [`## ${group}`, ...own].join('\n\n')
    }),
  )
  return {
    overview: table(['command', '', 'where'], overview),
    'exit-codes': exitCodes(),
    commands: sections.join('\n\n'),
  }
}

const EXIT_MEANING: Record<keyof typeof EXIT, string> = {
  ok: 'it was done; a job that was followed has completed',
  failed: 'it was not: the job failed or was cancelled, the server refused, or nobody answered',
  usage: 'the command line itself is wrong',
  interrupted: 'Ctrl-C; other signals in the same way, as 128 and their number',
}

function exitCodes(): string {
  const rows = Object.entries(EXIT).map(([name, value]) => [String(value), EXIT_MEANING[name as keyof typeof EXIT]])
  return table(['exit code', 'meaning'], rows)
}

async function commandSection(name: string, load: (typeof COMMANDS)[string][string]['load']): Promise<string> {
  const command = await load()
  const meta = typeof command.meta === 'function' ? await command.meta() : await command.meta
  const args = ((typeof command.args === 'function' ? await command.args() : await command.args) ?? {}) as ArgsDef
  const all = Object.entries(args)
  const positionals = all.filter(([, arg]) => arg.type === 'positional')
  const options = all.filter(([, arg]) => arg.type !== 'positional')
  const usage = ['ffleet', name, ...(options.length > 0 ? ['[OPTIONS]'] : []), ...positionals.map(placeOf)].join(' ')
  const example = CLI_EXAMPLES[name]
  const rows = [
    ...positionals.map(([key, arg]) => [code(wordOf(key)), plainText(arg.description ?? '')]),
    ...options.map(([key, arg]) => [code(optionText(key, arg)), plainText(arg.description ?? '')]),
  ]
  return [
    `### \`ffleet ${name}\``,
    `${(meta?.description ?? '').replaceAll(/(ffmpeg … .*)$/g, '`$1`')}.`,
    block('text', usage),
    ...(rows.length > 0 ? [table(['', 'meaning'], rows)] : []),
    ...(example ? [`Exit code: ${example.exits}.`, block('sh', example.run, markOf(example))] : []),
  ].join('\n\n')
}

function markOf({ mark: own, expect }: (typeof CLI_EXAMPLES)[string]): string | undefined {
  return own === undefined ? mark(expect) : (own ?? undefined)
}

const wordOf = (key: string) => key.toUpperCase()

function placeOf([key, arg]: [string, ArgsDef[string]]): string {
  return arg.required === false ? `[${wordOf(key)}]` : `<${wordOf(key)}>`
}
