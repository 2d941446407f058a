/** What a preset is when it gives some fields and has the others of a base. */
import { namedAs } from './container.js'
import { PLAIN_VIDEO } from './plain-video.js'
import { type Fields, isObject } from './read-fields.js'

/** Objects that are merged by their fields; whatever stands in them is a value. */
const PARTS = ['video', 'audio', 'tracks', 'sprites', 'waveform', 'ladder'] as const

/** What a field that is given takes the place of: fields that exclude it, or are figures of it. */
const IN_PLACE_OF: Record<string, Record<string, readonly string[]>> = {
  video: {
    crf: ['bitrate', 'passes'],
    bitrate: ['crf'],
    frameRate: ['maxFrameRate'],
    maxFrameRate: ['frameRate'],
  },
  sprites: { count: ['intervalMs'], intervalMs: ['count'] },
  audio: { layout: ['channels'], channels: ['layout'], gainDb: ['loudness'], loudness: ['gainDb'] },
}

/**
 * Fields given replace the base's, parts are merged by field, and null takes away what the base has. Another container brings its extension and
 * media type along. What names and describes the base is its own.
 */
export function inherit({ name: _, description: __, ...base }: Fields, own: Fields): Fields {
  const { kind = base.kind, container = base.container } = own
  const isMoved = base.container !== undefined && (kind !== base.kind || container !== base.container)
  const named = isMoved ? namedAs(kind, container) : null
  const parts = PARTS.filter((part) => isObject(base[part]) && isObject(own[part])).map((part) => [
    part,
    inheritPart(part, base[part] as Fields, own[part] as Fields),
  ])
  return merge({ ...base, ...named }, { ...own, ...Object.fromEntries(parts) })
}

/** The same of one part, such as `video`. */
export function inheritPart(part: string, base: Fields, own: Fields): Fields {
  const replaced = Object.keys(own)
    .filter((field) => own[field] !== null)
    .flatMap((field) => IN_PLACE_OF[part]?.[field] ?? [])
  const isOther = part === 'video' && own.codec !== undefined && own.codec !== base.codec
  // How good a crf is, and what a speed is called, each encoder has its own way.
  const goes = new Set(isOther ? [...replaced, 'crf', 'speed'] : replaced)
  return merge(Object.fromEntries(Object.entries(base).filter(([field]) => !goes.has(field))), own)
}

function merge(base: Fields, own: Fields): Fields {
  return Object.fromEntries(Object.entries({ ...base, ...own }).filter(([, value]) => value !== null))
}

/** Adds what may be left out. What is not an object stays what it is, for the schema to refuse. */
export function withDefaults(fields: Fields): Fields {
  const preset: Fields = { video: null, audio: null, sprites: null, ...fields }
  if (isObject(preset.video)) preset.video = { ...PLAIN_VIDEO, ...preset.video }
  if (isObject(preset.audio)) preset.audio = { bitrate: null, channels: null, ...preset.audio }
  if (isObject(preset.sprites)) preset.sprites = { intervalMs: null, ...preset.sprites }
  if (isObject(preset.waveform)) preset.waveform = { height: null, pointsPerSecond: null, ...preset.waveform }
  return preset
}
