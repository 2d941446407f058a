import {
  burnsSubtitles,
  type ChosenContainer,
  FfleetError,
  FILM_CONTAINERS,
  type FieldError,
  type OutputRequest,
  type PictureFormat,
  type Preset,
  type Tracks,
} from '../contract/index.js'
import { CONTAINER_RULES, keepsPicture } from './codecs.js'
import { choosable, containerOf, formatOf, inFormat, intoContainer, makesFilms, makesPictures } from './container.js'
import { inheritPart, withDefaults } from './inherit.js'
import type { Fields } from './read-fields.js'
import { ladderOverrideFaults, ladderTrackFaults } from './rules/ladder.js'
import { appliesToPicture } from './rules/picture.js'
import { crossFieldFaults } from './rules.js'

/** `path`: its extension says the container of a film, and the format of a picture. */
type Overrides = Pick<
  OutputRequest,
  'quality' | 'video' | 'audio' | 'sprites' | 'ladder' | 'container' | 'format' | 'path' | 'tracks'
>

/**
 * The recipe an output is made by: the preset with the request's overrides merged in, in the container that it asks for. A `bitrate` takes the place of the
 * preset's `crf`, a `layout` that of its `channels`, a `gainDb` that of its `loudness`, and the other way round; so do `frameRate` and
 * `maxFrameRate`, `intervalMs` and `count` of sprites, and a `crf` or `bitrate` takes the place of a `quality`. A `crf` does not take the place of a `bitrate`, since the preset was chosen for its size.
 * Throws `INVALID_REQUEST` for overrides that do not apply; the pointers are relative to the output.
 */
export function resolve(preset: Preset, overrides: Overrides): Preset {
  const errors = [
    ...containerFaults(preset, overrides),
    ...videoFaults(preset, overrides.video),
    ...qualityFaults(overrides),
    ...audioFaults(preset, overrides.audio),
    ...stillFaults(preset, overrides),
    ...ladderOverrideFaults(preset, overrides.ladder),
    ...trackFaults(preset, overrides.tracks),
  ]
  if (errors.length === 0) {
    const recipe = merge(preset, overrides)
    const merged = crossFieldFaults(recipe)
    if (merged.length === 0) return recipe
    errors.push(...merged)
  }
  throw new FfleetError('INVALID_REQUEST', `The overrides do not fit the preset ${preset.name}.`, { errors })
}

function merge(preset: Preset, overrides: Overrides): Preset {
  const container = containerFor(preset, overrides)
  const format = formatFor(preset, overrides)
  const held = container === null ? preset : intoContainer(preset, container)
  const recipe: Fields = structuredClone(format === null ? held : inFormat(held, format))
  for (const part of ['video', 'audio', 'sprites', 'ladder', 'tracks'] as const) {
    const own = overrides[part]
    const base = recipe[part] ?? (part === 'tracks' ? {} : null)
    if (own && base !== null) recipe[part] = inheritPart(part, base as Fields, given(own))
  }
  const { quality, video } = overrides
  if (quality) recipe.quality = quality
  // Somebody who says the setting wants none found.
  else if (video?.crf !== undefined || video?.bitrate !== undefined) delete recipe.quality
  return withDefaults(recipe) as Preset
}

/** Null: the preset's own. */
function containerFor(preset: Preset, { container, path }: Overrides): ChosenContainer | null {
  return container ?? (path === undefined ? null : containerOf(preset, path))
}

/** Null: the preset's own. */
function formatFor(preset: Preset, { format, path }: Overrides): PictureFormat | null {
  if (!makesPictures(preset)) return null
  return format ?? (path === undefined || preset.extension === '' ? null : formatOf(path))
}

function stillFaults(preset: Preset, { format, sprites }: Overrides): FieldError[] {
  const faults: FieldError[] = []
  if (format !== undefined && !makesPictures(preset)) {
    faults.push({ pointer: '/format', detail: `the preset ${preset.name} makes no JPEG or PNG` })
  }
  if (preset.sprites === null && Object.keys(given(sprites ?? {})).length > 0) {
    faults.push({ pointer: '/sprites', detail: `the preset ${preset.name} puts no stills together` })
  }
  return faults
}

function containerFaults(preset: Preset, overrides: Overrides): FieldError[] {
  const choice = choosable(preset)
  if (overrides.container !== undefined && !choice.includes(overrides.container)) {
    const takes = choice.length > 0 ? `takes ${choice.join(', ')}` : 'makes no film, whose container could be another'
    return [{ pointer: '/container', detail: `the preset ${preset.name} ${takes}` }]
  }
  const container = containerFor(preset, overrides)
  const codec = preset.video?.codec
  if (container === null || codec === undefined || codec === 'copy') return []
  if (CONTAINER_RULES[container].video.includes(codec)) return []
  const others = FILM_CONTAINERS.filter((each) => CONTAINER_RULES[each].video.includes(codec))
  const detail = `${codec}, which the preset ${preset.name} makes, does not go into ${container}; it goes into ${others.join(', ')}`
  return [{ pointer: overrides.container === undefined ? '/path' : '/container', detail }]
}

function trackFaults(preset: Preset, tracks: Tracks | undefined): FieldError[] {
  const fields = Object.keys(given(tracks ?? {})) as (keyof Tracks)[]
  return fields.flatMap((field) => {
    if (makesFilms(preset)) {
      if (field !== 'audio' || preset.audio !== null) return []
      return [{ pointer: '/tracks/audio', detail: `the preset ${preset.name} has no audio` }]
    }
    if (preset.kind === 'ladder') return ladderTrackFaults(preset, field)
    if (preset.kind === 'subtitles') return subtitleFaults(field, tracks?.subtitles)
    if (preset.kind === 'animation')
      return field === 'subtitles' ? animationFaults(tracks?.subtitles) : noTracks(preset, field)
    if (preset.kind !== 'audio') return noTracks(preset, field)
    if (field === 'metadata' || (field === 'audio' && tracks?.audio !== 'all')) return []
    if (field === 'chapters' && preset.container === 'm4a') return []
    const what =
      field === 'audio'
        ? 'an audio file has one track: choose it by language or index'
        : `an audio file has no ${field}`
    return [{ pointer: `/tracks/${field}`, detail: what }]
  })
}

function noTracks({ kind }: Preset, field: keyof Tracks): FieldError[] {
  return [{ pointer: `/tracks/${field}`, detail: `a preset of kind ${kind} has no tracks` }]
}

function animationFaults(choice: Tracks['subtitles']): FieldError[] {
  const isTaken = choice === undefined || choice === 'none' || burnsSubtitles({ tracks: { subtitles: choice } })
  return isTaken
    ? []
    : [{ pointer: '/tracks/subtitles', detail: 'an animation has no tracks; burn them into its picture' }]
}

function subtitleFaults(field: keyof Tracks, choice: Tracks['subtitles']): FieldError[] {
  const fault = (detail: string) => [{ pointer: `/tracks/${field}`, detail }]
  if (field !== 'subtitles') return fault(`a file of subtitles has no ${field}`)
  if (choice !== undefined && burnsSubtitles({ tracks: { subtitles: choice } })) return [] // told of every kind
  const isOne =
    typeof choice === 'object' &&
    !('burn' in choice) &&
    (Array.isArray(choice) ? choice : [choice.index].flat()).length === 1
  return isOne ? [] : fault('a file of subtitles has one track: choose it by one language or index')
}

function videoFaults(preset: Preset, overrides: Overrides['video']): FieldError[] {
  const fields = Object.keys(given(overrides ?? {})) as (keyof NonNullable<Overrides['video']>)[]
  if (fields.length === 0) return []
  const { video } = preset
  if (video === null) return [{ pointer: '/video', detail: `the preset ${preset.name} has no video to override` }]
  const fault = (field: string, detail: string) => ({ pointer: `/video/${field}`, detail })
  const faults: FieldError[] = []
  for (const field of fields) {
    if (video.codec === 'copy') faults.push(fault(field, 'a copied stream stays as it is'))
    else if (keepsPicture(video.codec)) faults.push(fault(field, 'an archive keeps the picture as it is'))
    else if (preset.kind === 'picture' && !appliesToPicture(field)) {
      faults.push(fault(field, 'does not apply to a picture'))
    } else if (field === 'crf' && video.bitrate !== null) {
      faults.push(fault(field, `the preset ${preset.name} aims at a bitrate`))
    } else if (field === 'crf' && fields.includes('bitrate')) {
      faults.push(fault(field, 'give either crf or bitrate'))
    } else if (field === 'frameRate' && fields.includes('maxFrameRate')) {
      faults.push(fault(field, 'give either frameRate or maxFrameRate'))
    }
  }
  return faults
}

function qualityFaults({ quality, video }: Overrides): FieldError[] {
  if (quality === undefined || video?.crf === undefined) return []
  return [{ pointer: '/video/crf', detail: 'is what quality finds; give either' }]
}

function audioFaults(preset: Preset, overrides: Overrides['audio']): FieldError[] {
  const fields = Object.keys(given(overrides ?? {}))
  if (fields.length === 0) return []
  const { audio } = preset
  if (audio === null) return [{ pointer: '/audio', detail: `the preset ${preset.name} has no audio to override` }]
  const isArchive = preset.kind === 'archive'
  if (audio.codec !== 'copy' && !isArchive) return []
  const detail = isArchive ? 'an archive keeps the sound as it is' : 'a copied stream stays as it is'
  return fields.map((field) => ({ pointer: `/audio/${field}`, detail }))
}

function given<T extends object>(overrides: T): Partial<T> {
  return Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined)) as Partial<T>
}
