import {
  countFrames,
  countStreams,
  cues,
  distance,
  isInterlaced,
  type Made,
  probed,
  soundSeconds,
  steps,
  stream,
} from './measure.js'

/** Each says what is wrong, in words; null: nothing. `[from, to]` is a range. */
type Check = (made: Made, wanted: never) => Promise<string | null> | string | null
type Range = [number, number]

const says = (pattern: string, text: string) => new RegExp(pattern, 'i').test(text)
const within = ([from, to]: Range, value: number, what: string) =>
  value >= from && value <= to ? null : `${what} ${Math.round(value * 1_000) / 1_000}, not ${from} to ${to}`
const equal = (wanted: unknown, value: unknown, what: string) =>
  value === wanted ? null : `${what} ${value}, not ${wanted}`
const warningsOf = ({ report }: Made) => report?.warnings ?? []

/** By the names that `cases.json` uses. */
export const CHECKS: Record<string, Check> = {
  seconds: async ({ output }: Made, w: Range) => within(w, Number((await probed(output)).format.duration), 'seconds'),
  videoSeconds: async ({ output }: Made, w: Range) =>
    within(w, Number((await stream(output, 'video'))?.duration), 'seconds of video'),
  audioSeconds: async ({ output }: Made, w: Range) => within(w, await soundSeconds(output), 'seconds of sound'),
  frames: async ({ output }: Made, w: Range) => within(w, await countFrames(output), 'frames'),
  steps: async ({ output }: Made, [from, to]: Range) => {
    const bad = (await steps(output)).filter((step) => !(step >= from && step <= to))
    return bad.length > 0 ? `${bad.length} steps like ${bad.slice(0, 3).join(', ')} s` : null
  },
  width: async ({ output }: Made, w: number) => equal(w, (await stream(output, 'video'))?.width, 'width'),
  height: async ({ output }: Made, w: number) => equal(w, (await stream(output, 'video'))?.height, 'height'),
  videoCodec: async ({ output }: Made, w: string) =>
    equal(w, (await stream(output, 'video'))?.codec_name, 'video codec'),
  channels: async ({ output }: Made, w: number | Range) => {
    const range: Range = typeof w === 'number' ? [w, w] : w
    return within(range, Number((await stream(output, 'audio'))?.channels), 'channels')
  },
  video: async ({ output }: Made, w: boolean) => equal(w, (await countStreams(output, 'video')) > 0, 'video'),
  audio: async ({ output }: Made, w: boolean) => equal(w, (await countStreams(output, 'audio')) > 0, 'audio'),
  audios: async ({ output }: Made, w: number) => equal(w, await countStreams(output, 'audio'), 'audio streams'),
  subtitles: async ({ output }: Made, w: number) =>
    equal(w, await countStreams(output, 'subtitle'), 'subtitle streams'),
  interlaced: async ({ output }: Made, w: boolean) => equal(w, await isInterlaced(output), 'interlaced'),
  transfer: async ({ output }: Made, w: string) => {
    const transfer = String((await stream(output, 'video'))?.color_transfer)
    return says(w, transfer) ? null : `transfer ${transfer}`
  },
  differsFromInput: async (made: Made, w: Range) => within(w, await distance(made), 'levels from the input'),
  cues: async ({ output }: Made, w: Range) => within(w, (await cues(output)).length, 'cues'),
  cuesEnd: async ({ output }: Made, w: Range) => within(w, (await cues(output)).at(-1)?.end ?? 0, 'last cue ends at'),
  cuesBlack: async ({ output }: Made, w: boolean) =>
    equal(
      w,
      (await cues(output)).some(({ luma }) => luma < 24),
      'black cues',
    ),
  warnings: (made: Made, w: string | string[]) => {
    const silent = [w].flat().filter((pattern) => !warningsOf(made).some((text) => says(pattern, text)))
    return silent.length > 0 ? `no warning says ${silent.join(' and ')}: ${JSON.stringify(warningsOf(made))}` : null
  },
  noWarnings: (made: Made, w: string) => {
    const told = warningsOf(made).find((text) => says(w, text))
    return told === undefined ? null : `warns "${told}"`
  },
  verifiedDuration: ({ report }: Made, w: 'not true') =>
    w === 'not true' && report?.verified.duration === true ? 'verified.duration is true' : null,
  percent: ({ snapshots }: Made, w: { atLeast?: number; orNull?: boolean; between?: number }) => {
    const told = snapshots.flatMap(({ percent }) => (percent === null || percent === 100 ? [] : [percent]))
    if (told.length === 0) return w.orNull ? null : 'percent is null all the time'
    const rising = told.filter((percent) => percent > 0).length
    if (rising < (w.between ?? 0)) return `${rising} snapshots with a percent`
    // Of a few reports the last may come early.
    const enough = Math.min(w.atLeast ?? 0, 100 - 250 / told.length)
    return told.at(-1)! >= enough ? null : `percent ends at ${told.at(-1)}`
  },
} satisfies Record<string, (made: Made, wanted: never) => unknown>
