/** Overrides that are objects, as one word of a command line. */
import type { CropArea } from '../../contract/picture.js'
import type { Loudness, TrimSilence } from '../../contract/sound.js'
import { UsageError } from '../exit.js'

/** `hint` stands behind the option in its help; `read` throws a UsageError that names the option. */
export type CompactForm = { hint: string; example: string; read(option: string, text: string): unknown }

/** By the field. */
export const COMPACT_FORMS: ReadonlyMap<string, CompactForm> = new Map([
  ['loudness', { hint: 'LUFS', example: '-16, or -16,-1.5 with the true peak in dBTP', read: loudnessOf }],
  ['channelMap', { hint: 'CHANNELS', example: '0,0', read: channelMapOf }],
  ['trimSilence', { hint: 'WHERE', example: 'both, or end,-60dB,200ms', read: trimSilenceOf }],
  ['times', { hint: 'WORD', example: 'on, or off', read: timesOf }],
  ['crop', { hint: 'AREA', example: '640x360+0+60, or auto', read: cropOf }],
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

function timesOf(option: string, text: string): boolean {
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
