/** A film in another container than its preset's. */
import { extname } from 'node:path'
import { FILM_CONTAINERS, type FilmContainer, type Preset } from '../contract/index.js'
import { CONTAINER_RULES } from './codecs.js'

const MEDIA_TYPES: Record<FilmContainer, string> = {
  mp4: 'video/mp4',
  mkv: 'video/x-matroska',
  mov: 'video/quicktime',
  webm: 'video/webm',
}

/** What takes the place of an audio codec that a container does not hold. */
const OWN_AUDIO: Record<FilmContainer, 'aac' | 'opus'> = { mp4: 'aac', mkv: 'aac', mov: 'aac', webm: 'opus' }

/** The container that the extension of a path says; null for any other. */
export function containerOf(path: string): FilmContainer | null {
  const extension = extname(path).slice(1).toLowerCase()
  if (extension === 'm4v') return 'mp4'
  return FILM_CONTAINERS.find((container) => container === extension) ?? null
}

/** Whether a preset makes films, which go into any container that holds them. */
export function makesFilms({ kind }: Preset): boolean {
  return kind === 'av' || kind === 'remux'
}

/** The preset with all that a container brings with it; whether its video goes there is not looked at. */
export function intoContainer(preset: Preset, container: FilmContainer): Preset {
  if (container === preset.container) return preset
  const { audio } = preset
  const isHeld = audio === null || audio.codec === 'copy' || CONTAINER_RULES[container].audio.includes(audio.codec)
  return {
    ...preset,
    container,
    extension: container,
    mediaType: MEDIA_TYPES[container],
    audio: isHeld ? audio : { ...audio, codec: OWN_AUDIO[container] },
  }
}
