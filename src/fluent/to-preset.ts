/** Commands that a shipped preset makes as well; they need no permission for arguments. */
import { extname } from 'node:path'
import { lastOf, readOptions } from '../arguments/index.js'
import type { OutputRequest } from '../contract/index.js'
import type { Argv } from './split-argv.js'

type Found = {
  output: Pick<OutputRequest, 'preset' | 'audio' | 'tracks'>
  startMs: number | null
  endMs: number | null
}

/** Of each preset: its encoder, the extension that it writes, and how many channels it has where nothing is said. */
const SOUND = [
  { preset: 'mp3-192k', codec: 'libmp3lame', extension: '.mp3', format: 'mp3', channels: 2 },
  { preset: 'aac-128k', codec: 'aac', extension: '.m4a', format: 'ipod', channels: null },
  { preset: 'opus-96k', codec: 'libopus', extension: '.ogg', format: 'ogg', channels: null },
] as const
const SOUND_OPTIONS = new Set(['vn', 'acodec', 'c', 'codec', 'b', 'ab', 'ac', 'f', 't'])
const COPY_OPTIONS = new Set(['acodec', 'vcodec', 'c', 'codec', 'f', 'movflags', 'map_metadata'])

/** ffmpeg takes one picture and one sound where nothing is said. */
const ONE_OF_EACH = { audio: 'first', subtitles: 'none', chapters: 'none' } as const

/** Null for a command that no preset makes the same of. */
export function toPreset({ inputs, filter, outputs }: Argv): Found | null {
  const [input, output] = [inputs[0], outputs[0]]
  if (inputs.length !== 1 || outputs.length !== 1 || filter !== null || !input || !output) return null
  const before = readOptions('input', input.options)
  const after = readOptions('output', output.options)
  if (before.faults.length + after.faults.length > 0) return null
  if (before.options.some(({ name }) => name !== 'ss' && name !== 't')) return null
  const startMs = ms(lastOf(before.options, 'ss')?.value)
  const lengthMs = ms(lastOf(after.options, 't')?.value ?? lastOf(before.options, 't')?.value)
  if (startMs === undefined || lengthMs === undefined) return null
  const endMs = lengthMs === null ? null : (startMs ?? 0) + lengthMs
  const made =
    sound(output.target, after.options) ?? copied(output.target, after.options, startMs === null && endMs === null)
  return made && { output: made, startMs, endMs }
}

type Options = ReturnType<typeof readOptions>['options']

function sound(target: string, options: Options): Found['output'] | null {
  if (options.some(({ name, stream }) => !SOUND_OPTIONS.has(name) || (stream !== null && stream !== 'a'))) return null
  const codec =
    lastOf(options, 'acodec')?.value ??
    options.findLast(({ name, stream }) => /^c(odec)?$/.test(name) && stream === 'a')?.value
  const rule = SOUND.find((each) => each.codec === codec && each.extension === extname(target).toLowerCase())
  const format = lastOf(options, 'f')?.value ?? rule?.format
  // Cover art would be carried as a picture.
  if (!rule || format !== rule.format || !lastOf(options, 'vn')) return null
  const bitrate = bits(options.findLast(({ name, stream }) => name === 'ab' || (name === 'b' && stream === 'a'))?.value)
  const channels = Number(lastOf(options, 'ac')?.value ?? rule.channels ?? Number.NaN)
  if (bitrate === null || bitrate < 8_000 || !(channels === 1 || channels === 2)) return null
  return { preset: rule.preset, audio: { bitrate, channels } }
}

function copied(target: string, options: Options, isWhole: boolean): Found['output'] | null {
  if (!isWhole || extname(target).toLowerCase() !== '.mp4' || (lastOf(options, 'f')?.value ?? 'mp4') !== 'mp4')
    return null
  if (options.some(({ name, stream }) => !COPY_OPTIONS.has(name) || (stream !== null && !/^[av]$/.test(stream))))
    return null
  const movflags = lastOf(options, 'movflags')?.value ?? '+faststart'
  const metadata = lastOf(options, 'map_metadata')?.value ?? '0'
  if (!/^\+?faststart$/.test(movflags) || metadata !== '0') return null
  const codecOf = (long: string, letter: string) =>
    options.findLast(
      ({ name, stream }) => name === long || (/^c(odec)?$/.test(name) && (stream === null || stream === letter)),
    )?.value
  const isCopy = codecOf('acodec', 'a') === 'copy' && codecOf('vcodec', 'v') === 'copy'
  return isCopy ? { preset: 'copy-mp4', tracks: ONE_OF_EACH } : null
}

/** Null for none, undefined where it is no whole number of ms. */
function ms(text: string | null | undefined): number | null | undefined {
  if (text == null) return null
  const value = text.split(':').reduce((sum, part) => sum * 60 + Number(part), 0) * 1_000
  return Number.isFinite(value) && value >= 0 && Math.abs(value - Math.round(value)) < 1e-6
    ? Math.round(value)
    : undefined
}

function bits(text: string | null | undefined): number | null {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)([kM]?)$/.exec(text ?? '') ?? []
  return amount === undefined ? null : Math.round(Number(amount) * (unit === 'k' ? 1_000 : unit === 'M' ? 1e6 : 1))
}
