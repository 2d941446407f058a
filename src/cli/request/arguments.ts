/** The command line, read strictly: what citty would silently pass over is named. */
import { parseArgs as readTokens } from 'node:util'
import type { ArgsDef } from 'citty'
import { nearest } from '../../nearest.js'
import { UsageError } from '../exit.js'

/** Options in the order they were given, by their long names, and the other arguments. */
export type Arguments = { options: { name: string; value: string | null }[]; positionals: string[] }

/**
 * Reads and checks the arguments of one command. A positional whose name ends in `…` takes all that follow.
 *
 * @throws UsageError for an unknown option, one without its value, or an argument too many.
 */
export function readArguments(rawArgs: readonly string[], defs: ArgsDef): Arguments {
  const options: Record<string, { type: 'string' | 'boolean'; short?: string }> = {}
  const longNames = new Map<string, string>()
  for (const [name, def] of Object.entries(defs)) {
    if (def.type === 'positional') continue
    const aliases = [(def as { alias?: string | string[] }).alias ?? []].flat()
    const short = aliases.find((alias) => alias.length === 1)
    const type = def.type === 'boolean' ? 'boolean' : 'string'
    const longAliases = aliases.filter((alias) => alias.length > 1)
    options[name] = short === undefined ? { type } : { type, short }
    for (const alias of longAliases) options[alias] = { type }
    for (const long of [name, ...longAliases]) longNames.set(long, name)
  }
  const { tokens } = readTokens({ args: [...rawArgs], options, strict: false, allowPositionals: true, tokens: true })
  const read: Arguments = { options: [], positionals: [] }
  for (const token of tokens) {
    if (token.kind === 'positional') read.positionals.push(token.value)
    if (token.kind !== 'option') continue
    const name = longNames.get(token.name)
    if (name === undefined) throw new UsageError(unknownOption(token.rawName, token.name, [...longNames.keys()]))
    if (options[name]!.type === 'string' && (token.value ?? '') === '') {
      throw new UsageError(`${token.rawName} needs a value.`)
    }
    if (options[name]!.type === 'boolean' && token.value !== undefined) {
      throw new UsageError(`${token.rawName} takes no value.`)
    }
    read.options.push({ name, value: token.value ?? null })
  }
  const places = Object.entries(defs).filter(([, def]) => def.type === 'positional')
  const takesMore = places.some(([name]) => name.endsWith('…'))
  if (!takesMore && read.positionals.length > places.length) {
    throw new UsageError(`Unexpected argument: ${read.positionals[places.length]}`)
  }
  const needed = places.filter(([, def]) => def.required !== false)
  const missing = needed[read.positionals.length]
  if (missing !== undefined) throw new UsageError(`Missing argument: ${missing[0].toUpperCase()}`)
  return read
}

function unknownOption(rawName: string, name: string, known: string[]): string {
  const [meant] = name.length > 1 ? nearest(name, known) : []
  return `Unknown option: ${rawName}${meant === undefined ? '' : `; did you mean --${meant}?`}`
}

/** The values of an option that may be given more than once. */
export function valuesOf(read: Arguments, name: string): string[] {
  return read.options.flatMap((option) => (option.name === name && option.value !== null ? [option.value] : []))
}

/** @throws UsageError unless the text, if there is one, is a whole number in the range. */
export function integerOf(text: string | undefined, name: string, min: number, max: number): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (/^\d{1,15}$/.test(text) && value >= min && value <= max) return value
  throw new UsageError(`${name} takes a whole number from ${min} to ${max}, not "${text}".`)
}

/** Seconds as text, such as `12.5`, in milliseconds. @throws UsageError unless it is a number of 0 or more. */
export function secondsOf(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (/^\d+(\.\d+)?$/.test(text) && Number.isFinite(value)) return Math.round(value * 1000)
  throw new UsageError(`${name} takes seconds, such as 12.5, not "${text}".`)
}

/** `key=value` pairs. @throws UsageError for one without `=`. */
export function tagsOf(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=')
      if (at < 1) throw new UsageError(`--tag takes key=value, not "${text}".`)
      return [text.slice(0, at), text.slice(at + 1)]
    }),
  )
}
