/** The help pages, in any width. */
import type { ArgsDef, CommandMeta } from 'citty'
import type { Style } from './style.js'
import { displayWidth, wrap } from './text.js'

/** Less room than this beside the options is none: then what they mean stands below them. */
const LEAST_MEANING = 24
const INDENT = '  '

/** The page of one command: what it does, how it is typed, what its arguments and options mean. */
export function commandHelp(meta: CommandMeta, args: ArgsDef, style: Style, columns: number): string {
  const all = Object.entries(args)
  const places = all.filter(([, def]) => def.type === 'positional')
  const options = all.filter(([, def]) => def.type !== 'positional')
  const words = ['ffleet', meta.name ?? '', ...(options.length > 0 ? ['[OPTIONS]'] : []), ...places.map(placeOf)]
  const text = [...wrap(`${meta.description}.`, columns), '']
  text.push(...hanging(`${style.bold('Usage:')} `, 'Usage: '.length, words.join(' '), columns))
  const meaning = (def: ArgsDef[string]) => def.description ?? ''
  const parts = [
    ['Arguments', places.map(([name, def]) => [name.toUpperCase(), meaning(def)] as const)],
    ['Options', options.map(([name, def]) => [optionText(name, def), meaning(def)] as const)],
  ] as const
  for (const [title, rows] of parts) {
    if (rows.length > 0) text.push('', style.bold(`${title}:`), ...definitions(rows, style, columns))
  }
  return text.join('\n')
}

/** Names and what they mean, side by side where there is room. */
export function definitions(rows: readonly (readonly [string, string])[], style: Style, columns: number): string[] {
  const widest = Math.max(...rows.map(([name]) => displayWidth(name))) + INDENT.length
  const beside = columns - widest - INDENT.length >= LEAST_MEANING
  return rows.flatMap(([name, meaning]) => {
    if (!beside) {
      const names = wrap(name, columns - INDENT.length).map((line) => INDENT + style.accent(line))
      return [...names, ...wrap(meaning, columns - 6).map((line) => `      ${line}`)]
    }
    const head = INDENT + style.accent(name) + ' '.repeat(widest - displayWidth(name))
    return hanging(head, widest + INDENT.length, meaning, columns)
  })
}

function hanging(head: string, width: number, text: string, columns: number): string[] {
  const [first = '', ...more] = wrap(text, columns - width)
  return [head + first, ...more.map((line) => ' '.repeat(width) + line)]
}

function placeOf([name, def]: [string, ArgsDef[string]]): string {
  return def.required === false ? `[${name.toUpperCase()}]` : `<${name.toUpperCase()}>`
}

/** `-o, --output PATH`, and what an option takes where it takes one of a few words. */
export function optionText(name: string, def: ArgsDef[string]): string {
  const { alias, valueHint, options } = def as { alias?: string | string[]; valueHint?: string; options?: string[] }
  const names = [...[alias ?? []].flat(), name].map((each) => (each.length === 1 ? `-${each}` : `--${each}`))
  const value = options?.join('|') ?? (def.type === 'boolean' ? undefined : (valueHint ?? 'VALUE'))
  return names.join(', ') + (value === undefined ? '' : ` ${value}`)
}
