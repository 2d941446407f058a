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

/** ffmpeg's words for what has another name here; what it takes as options. */
const WORDS_OF_FFMPEG: Record<string, string> = {
  i: 'inputs are given without an option',
  y: '--force replaces what is there',
  ss: '--start says where to begin',
  to: '--end says where to end',
  t: '--end says where to end',
  r: '--frame-rate sets the frame rate, --max-frame-rate bounds it',
  vf: '--crop, --fit, --rotate and others change the picture',
  ac: '--channels bounds the channels',
  'b:v': '--bitrate sets the bit rate of the video',
  'b:a': '--audio-bitrate sets the bit rate of the audio',
  'c:v': 'presets say the codec; `ffleet presets` lists them',
  'c:a': 'presets say the codec; `ffleet presets` lists them',
}

/**
 * As ffmpeg has its options: a long name behind one dash means it, where it would else be several short ones.
 *
 * @throws UsageError for what is nearly one, or an option of ffmpeg that is called otherwise here.
 */
export function withTwoDashes(rawArgs: readonly string[], defs: ArgsDef): string[] {
  const known = Object.keys(defs).filter((name) => defs[name]!.type !== 'positional')
  const end = rawArgs.indexOf('--')
  return rawArgs.map((arg, i) => {
    const [, name] = /^-([a-z][a-z:-]+)(?:=|$)/i.exec(arg) ?? []
    if (name === undefined || (end >= 0 && i > end)) return arg
    if (known.includes(name)) return `-${arg}`
    const word = WORDS_OF_FFMPEG[name]
    if (word !== undefined) throw new UsageError(`Unknown option: -${name}; ${word}.`)
    const [meant] = name.length > 3 ? nearest(name, known) : []
    // A value right behind a short name may be called as an option is: `-pposter`.
    if (meant === undefined || meant === name.slice(1)) return arg
    throw new UsageError(`Unknown option: -${name}; did you mean --${meant}?`)
  })
}

function unknownOption(rawName: string, name: string, known: string[]): string {
  const word = rawName === `-${name}` ? WORDS_OF_FFMPEG[name] : undefined
  if (word !== undefined) return `Unknown option: ${rawName}; ${word}.`
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

const AGO_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/**
 * A time: so long ago, such as `90s`, `30m`, `2h`, `3d` or `1w`, or a date with or without a clock, local unless it says
 * its zone. Gives ISO 8601, UTC. @throws UsageError for anything else.
 */
export function timeOf(text: string | undefined, name: string): string | undefined {
  if (text === undefined) return undefined
  const ago = /^(\d{1,6}(?:\.\d+)?)([smhdw])$/.exec(text)
  if (ago) return new Date(Date.now() - Number(ago[1]) * AGO_MS[ago[2] as keyof typeof AGO_MS]).toISOString()
  const date = /^\d{4}-\d\d-\d\d(?<clock>[T ]\d\d:\d\d.*)?$/.exec(text)
  // A date alone would be read as midnight in Greenwich.
  const ms = date ? Date.parse(date.groups!.clock ? text : `${text}T00:00`) : Number.NaN
  if (!Number.isNaN(ms)) return new Date(ms).toISOString()
  throw new UsageError(
    `${name} takes how long ago (30m, 2h, 3d) or a date (2026-11-27, "2026-11-27 18:00"), not "${text}".`,
  )
}

/** Seconds such as `12.5`, or a clock such as `1:30` or `01:02:03.5`, in milliseconds. @throws UsageError for anything else. */
export function secondsOf(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined
  const clock = /^(?:(?:(\d+):)?([0-5]?\d):)?(\d+(?:\.\d+)?)$/.exec(text)
  if (clock) {
    const [hours, minutes, seconds] = [Number(clock[1] ?? 0), Number(clock[2] ?? 0), Number(clock[3])]
    const ms = Math.round((hours * 3_600 + minutes * 60 + seconds) * 1_000)
    if (Number.isSafeInteger(ms) && (clock[2] === undefined || seconds < 60)) return ms
  }
  throw new UsageError(`${name} takes seconds or a clock, such as 12.5 or 00:01:30, not "${text}".`)
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

export const RANGE_OPTIONS = {
  start: { type: 'string', valueHint: 'TIME', description: 'Begin at this time of the input: seconds, or 00:01:30' },
  end: { type: 'string', valueHint: 'TIME', description: 'End at this time of the input' },
  'expected-duration': {
    type: 'string',
    valueHint: 'TIME',
    description: 'How long the input is, where it does not tell itself; for the percent',
  },
} as const
type RangeArgs = { start?: string | undefined; end?: string | undefined; 'expected-duration'?: string | undefined }

/** The part of the input that `--start` and `--end` mean. @throws UsageError when there can be nothing in it. */
export function rangeOf(args: RangeArgs) {
  const range = {
    startMs: secondsOf(args.start, '--start'),
    endMs: secondsOf(args.end, '--end'),
    expectedDurationMs: secondsOf(args['expected-duration'], '--expected-duration'),
  }
  if (range.expectedDurationMs === 0) throw new UsageError('--expected-duration must be more than 0.')
  if (range.endMs !== undefined && range.endMs <= (range.startMs ?? 0)) {
    throw new UsageError(`--end ${args.end} must be after --start ${args.start ?? 0}.`)
  }
  return range
}
