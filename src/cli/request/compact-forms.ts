/** Overrides that are objects, as one word of a command line. */
import { DrawnText, Watermark } from '../../contract/drawn.js'
import type { LadderOverrides } from '../../contract/ladder.js'
import type { CropArea } from '../../contract/picture.js'
import type { Loudness, TrimSilence } from '../../contract/sound.js'
import { UsageError } from '../exit.js'
import { bitsOf } from './bits.js'

/** `hint` stands behind the option in its help; `read` throws a UsageError that names the option. */
export type CompactForm = { hint: string; example: string; read(option: string, text: string): unknown }

const SWITCH: CompactForm = { hint: 'WORD', example: 'on, or off', read: isOn }

/** By the field. */
export const COMPACT_FORMS: ReadonlyMap<string, CompactForm> = new Map([
  ['loudness', { hint: 'LUFS', example: '-16, or -16,-1.5 with the true peak in dBTP', read: loudnessOf }],
  ['channelMap', { hint: 'CHANNELS', example: '0,0', read: channelMapOf }],
  ['trimSilence', { hint: 'WHERE', example: 'both, or end,-60dB,200ms', read: trimSilenceOf }],
  ...['times', 'poster', 'thumbnails'].map((field): [string, CompactForm] => [field, SWITCH]),
  [
    'watermark',
    { hint: 'FILE', example: 'logo.png, or logo.png,position=top-left,width=20,opacity=0.6', read: watermarkOf },
  ],
  [
    'text',
    { hint: 'TEXT', example: '"{title} {time}", or {time},position=top,size=8,background=#00000099', read: textOf },
  ],
  ['crop', { hint: 'AREA', example: '640x360+0+60, or auto', read: cropOf }],
  [
    'rungs',
    { hint: 'HEIGHTS', example: '1080,720,360, or 720=3M,360=800k with the most bits a second', read: rungsOf },
  ],
  ['encryption', { hint: 'URL', example: 'https://example.com/key, for AES-128', read: encryptionOf }],
  ['codecs', { hint: 'WORDS', example: 'h264, or h264,av1', read: (_, text) => text.split(',') }],
])

/** The target, then the highest peak. Limits are the server's to tell. */
function loudnessOf(option: string, text: string): Loudness {
  const [, target, peak] = /^(-?\d{1,3}(?:\.\d{1,3})?)(?:,(-?\d{1,3}(?:\.\d{1,3})?))?$/.exec(text) ?? []
  if (target !== undefined) {
    return { targetLufs: Number(target), ...(peak !== undefined && { truePeakDbtp: Number(peak) }) }
  }
  throw new UsageError(`--${option} takes LUFS, and after a comma dBTP, such as -16 or -16,-1.5, not "${text}".`)
}

function channelMapOf(option: string, text: string): number[] {
  if (/^\d{1,2}(,\d{1,2})*$/.test(text)) return text.split(',').map(Number)
  throw new UsageError(`--${option} takes channels of the input, counted from 0, such as 0,0 or 1,0, not "${text}".`)
}

/** Where, below which level, and how much of it stays. */
function trimSilenceOf(option: string, text: string): TrimSilence {
  const [, at, threshold, keep] =
    /^(both|beginning|end)(?:,(-\d{1,2}(?:\.\d{1,3})?)dB)?(?:,(\d{1,6})ms)?$/.exec(text) ?? []
  if (at !== undefined) {
    return {
      at: at as 'both' | 'beginning' | 'end',
      ...(threshold !== undefined && { thresholdDb: Number(threshold) }),
      ...(keep !== undefined && { keepMs: Number(keep) }),
    }
  }
  throw new UsageError(
    `--${option} takes both, beginning or end, then a level and what stays, such as end,-60dB,200ms, not "${text}".`,
  )
}

function isOn(option: string, text: string): boolean {
  if (text === 'on' || text === 'off') return text === 'on'
  throw new UsageError(`--${option} takes on or off, not "${text}".`)
}

/** As ImageMagick and X have geometries: the size, then where its upper left corner is. Limits are the server's to tell. */
function cropOf(option: string, text: string): CropArea | 'auto' {
  if (text === 'auto') return text
  const [, width, height, x, y] = /^(\d{1,6})x(\d{1,6})\+(\d{1,6})\+(\d{1,6})$/.exec(text) ?? []
  if (width !== undefined) return { x: Number(x), y: Number(y), width: Number(width), height: Number(height) }
  throw new UsageError(`--${option} takes WIDTHxHEIGHT+X+Y in pixels, such as 640x360+0+60, or auto, not "${text}".`)
}

/** Limits are the server's to tell. */
function rungsOf(option: string, text: string): NonNullable<LadderOverrides['rungs']> {
  return text.split(',').map((rung) => {
    const [, height, bits] = /^(\d{1,5})(?:=(.*))?$/.exec(rung) ?? []
    const bitrate = bits === undefined ? null : Math.round(bitsOf(bits))
    if (height === undefined || Number.isNaN(bitrate)) {
      throw new UsageError(`--${option} takes heights in pixels, such as 1080,720, or 720=3M,360=800k, not "${text}".`)
    }
    return { height: Number(height), ...(bitrate !== null && { bitrate }) }
  })
}

function encryptionOf(_: string, keyUri: string): LadderOverrides['encryption'] {
  return { method: 'AES-128', keyUri }
}

function watermarkOf(option: string, text: string): Watermark {
  const { first, rest } = withFields(option, text, Watermark.properties)
  return { uri: first, ...rest } as Watermark
}

function textOf(option: string, text: string): DrawnText {
  const { first, rest } = withFields(option, text, DrawnText.properties)
  return { template: first.replaceAll('\\n', '\n'), ...rest } as DrawnText
}

/** A text that may have commas itself, and behind it fields, each as `,name=value`. Limits are the server's to tell. */
function withFields(
  option: string,
  text: string,
  properties: Record<string, unknown>,
): { first: string; rest: Record<string, string | number> } {
  const names = Object.keys(properties).slice(1)
  const field = new RegExp(`,(${names.join('|')})=([^,]*)$`)
  const rest: Record<string, string | number> = {}
  let first = text
  for (let found = field.exec(first); found; found = field.exec(first)) {
    const [whole, name, value] = found as unknown as [string, string, string]
    const { type } = properties[name] as { type: string }
    const isNumber = type === 'number' || type === 'integer'
    if (isNumber && !/^\d{1,15}(\.\d{1,6})?$/.test(value)) {
      throw new UsageError(`--${option}: ${name} takes a number, not "${value}".`)
    }
    rest[name] = isNumber ? Number(value) : value
    first = first.slice(0, -whole.length)
  }
  if (first !== '') return { first, rest }
  throw new UsageError(`--${option} takes what is drawn first, then fields such as ,position=top, not "${text}".`)
}
