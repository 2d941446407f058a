/** What becomes of each method of fluent-ffmpeg 2.1 on the fleet. */
import { ENCODERS, readGraph, readOptions } from '../../arguments/index.js'

/** `maps`: as it is, or by a preset. `arguments`: where FFLEET_ARGUMENTS is on. `cannot`: with the reason and the way out. */
export type Verdict = 'maps' | 'arguments' | 'cannot'
export type Judgement = { verdict: Verdict; why: string | null }

/** What stands as a literal in the code; undefined for what is only known at run time. */
export type Literal = string | number | boolean | null | Literal[] | { [key: string]: Literal } | undefined

type Judge = (args: Literal[]) => Judgement

const maps: Judge = () => ({ verdict: 'maps', why: null })
const needs: Judge = () => ({ verdict: 'arguments', why: null })
const cannot =
  (why: string): Judge =>
  () => ({ verdict: 'cannot', why })

const PRESET_CODECS = new Set(['copy', 'libmp3lame', 'aac', 'libopus'])

const codec: Judge = ([name]) => {
  if (typeof name !== 'string') return needs([])
  if (PRESET_CODECS.has(name)) return maps([])
  if (ENCODERS.has(name)) return needs([])
  return { verdict: 'cannot', why: `the encoder ${name} is not on the list of those that run on the processor` }
}

const options =
  (place: 'input' | 'output'): Judge =>
  (args) => {
    const [fault] = readOptions(place, tokens(args)).faults
    return fault ? { verdict: 'cannot', why: fault.detail } : needs([])
  }

const filters: Judge = (args) => {
  for (const each of args.flat() as Literal[]) {
    const text = filterText(each)
    const fault = text === null ? null : readGraph(text).fault
    if (fault !== null) return { verdict: 'cannot', why: fault }
  }
  return needs([])
}

const input: Judge = ([source]) => {
  if (typeof source !== 'string') return maps([])
  if (source.startsWith('/dev/'))
    return { verdict: 'cannot', why: 'a device of this machine: record it to a file first' }
  if (/%0?\d*d/.test(source))
    return { verdict: 'cannot', why: 'a pattern of many files: make a film of the pictures first' }
  return maps([])
}

const format: Judge = ([name]) => (typeof name === 'string' ? options('output')(['-f', name]) : needs([]))

const ROWS: [names: string, judge: Judge][] = [
  ['on once save saveToFile run exec execute kill clone renice output addOutput noVideo withNoVideo ffprobe', maps],
  [
    'audioBitrate withAudioBitrate audioChannels withAudioChannels seekInput setStartTime duration withDuration setDuration',
    maps,
  ],
  ['input addInput mergeAdd', input],
  ['audioCodec withAudioCodec videoCodec withVideoCodec', codec],
  [
    'pipe stream writeToStream',
    cannot('an output stream is not carried: save to a file, and read that when `end` comes'),
  ],
  [
    'flvmeta updateFlvMetadata',
    cannot("it runs a program of this machine: outputOptions('-flvflags', 'add_keyframe_index') does as much"),
  ],
  [
    'inputFormat withInputFormat fromFormat inputFps inputFPS withInputFps withInputFPS native withNativeFramerate nativeFramerate loop',
    needs,
  ],
  ['inputOptions inputOption addInputOption addInputOptions withInputOption withInputOptions', options('input')],
  [
    'outputOptions outputOption addOutputOption addOutputOptions withOutputOption withOutputOptions addOption addOptions',
    options('output'),
  ],
  ['noAudio withNoAudio audioFrequency withAudioFrequency audioQuality withAudioQuality', needs],
  [
    'audioFilters audioFilter withAudioFilter withAudioFilters videoFilters videoFilter withVideoFilter withVideoFilters',
    filters,
  ],
  ['complexFilter filterGraph', ([graph]) => filters([graph])],
  ['videoBitrate withVideoBitrate fps withFps withFPS withOutputFps outputFps FPS frames takeFrames withFrames', needs],
  [
    'size videoSize withSize aspect withAspect aspectRatio setAspect autopad autoPad applyAutopadding keepDAR keepPixelAspect',
    needs,
  ],
  ['seek seekOutput map preset usingPreset mergeToFile concatenate concat', needs],
  ['format toFormat withOutputFormat outputFormat', format],
  ['screenshots screenshot thumbnail thumbnails takeScreenshots', needs],
]

const METHODS = new Map(ROWS.flatMap(([names, judge]) => names.split(' ').map((name) => [name, judge] as const)))

/** Null for what is no method of a command. */
export function judge(method: string, args: Literal[]): Judgement | null {
  return METHODS.get(method)?.(args) ?? null
}

/** As fluent-ffmpeg splits options; what is not known is left out, with the option in front of it. */
function tokens(args: Literal[]): string[] {
  const list = (args.length === 1 && Array.isArray(args[0]) ? args[0] : args) as Literal[]
  if (list.includes(undefined)) {
    return list
      .filter((each): each is string => typeof each === 'string' && each.startsWith('-') && each.includes(' '))
      .flatMap(split)
  }
  const texts = list.map(String)
  return args.length > 1 && !Array.isArray(args[0]) ? texts : texts.flatMap(split)
}

function split(text: string): string[] {
  const at = text.indexOf(' ')
  return text.startsWith('-') && at > 0 ? [text.slice(0, at), text.slice(at + 1)] : [text]
}

function filterText(each: Literal): string | null {
  if (typeof each === 'string') return each
  if (typeof each !== 'object' || each === null || Array.isArray(each) || typeof each.filter !== 'string') return null
  const { filter, options: given } = each
  if (typeof given === 'string' || typeof given === 'number') return `${filter}=${given}`
  if (Array.isArray(given)) return given.includes(undefined) ? filter : `${filter}=${given.join(':')}`
  if (typeof given !== 'object' || given === null) return filter
  return `${filter}=${Object.keys(given)
    .map((name) => `${name}=0`)
    .join(':')}`
}
