import type { Setting } from '../../../src/config/kinds.js'
import { SETTINGS } from '../../../src/config/settings.js'
import { READ_CODECS } from '../../../src/probe/codecs.js'
import { linkCodes, linkSettings } from './links.js'
import { anchored, code, table } from './markdown.js'

export function configurationParts(): Record<string, string> {
  const rows = (Object.values(SETTINGS) as Setting<unknown>[]).map((setting) => [
    anchored(setting.key, code(setting.key)),
    [setting.type, ...(setting.unit === null ? [] : [setting.unit])].join('; '),
    defaultOf(setting),
    linkCodes(quoteNames(setting.description)),
  ])
  return {
    settings: table(['variable', 'takes', 'default', 'meaning'], rows),
    codecs: table(
      ['why', 'codecs, as ffmpeg names them'],
      READ_CODECS.map(({ why, codecs }) => [why, codecs.map(code).join(' ')]),
    ),
  }
}

function defaultOf({ default: value, defaultText, unit }: Setting<unknown>): string {
  const inWords = typeof value === 'number' && unit !== null ? words(value, unit) : null
  if (inWords !== null) return `${code(defaultText)} (${inWords})`
  const isText = defaultText === 'none' || defaultText.includes(' ')
  return isText ? linkSettings(defaultText) : code(defaultText)
}

const UNITS: Record<string, [unit: string, size: number][]> = {
  ms: [
    ['days', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1_000],
  ],
  bytes: [['GiB', 1024 ** 3]],
}

/** A figure in the largest unit that it is a whole number of, more than one day as days; null where there is none. */
export function words(value: number, kind: string): string | null {
  const found = (UNITS[kind] ?? []).find(
    ([unit, size]) => value % size === 0 && value >= (unit === 'days' ? 2 * size : size),
  )
  return found ? `${value / found[1]} ${found[0]}` : null
}

/** Error codes in running text, as code. */
function quoteNames(text: string): string {
  return text.replaceAll(/\b(?:[A-Z]{2,}(?:_[A-Z]+)+|STALLED|POISONED)\b/g, (name) => code(name))
}
