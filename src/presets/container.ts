/** A film in another container than its preset's. */
import { extname } from 'node:path'
import {
  type ChosenContainer,
  FILM_CONTAINERS,
  type FilmContainer,
  type Preset,
  SUBTITLE_FORMATS,
} from '../contract/index.js'
import { CONTAINER_RULES } from './codecs.js'

type Named = Pick<Preset, 'extension' | 'mediaType'>

/** What the file of each container is called; those of films hold a picture. */
const NAMED: Record<Preset['container'], Named> = {
  mp4: { extension: 'mp4', mediaType: 'video/mp4' },
  mkv: { extension: 'mkv', mediaType: 'video/x-matroska' },
  mov: { extension: 'mov', mediaType: 'video/quicktime' },
  webm: { extension: 'webm', mediaType: 'video/webm' },
  m4a: { extension: 'm4a', mediaType: 'audio/mp4' },
  mp3: { extension: 'mp3', mediaType: 'audio/mpeg' },
  ogg: { extension: 'ogg', mediaType: 'audio/ogg' },
  flac: { extension: 'flac', mediaType: 'audio/flac' },
  jpeg: { extension: 'jpg', mediaType: 'image/jpeg' },
  sprites: { extension: '', mediaType: 'text/vtt' },
  png: { extension: 'png', mediaType: 'image/png' },
  json: { extension: 'json', mediaType: 'application/json' },
  vtt: { extension: 'vtt', mediaType: 'text/vtt' },
  srt: { extension: 'srt', mediaType: 'application/x-subrip' },
  ass: { extension: 'ass', mediaType: 'text/x-ssa' },
  attachments: { extension: '', mediaType: 'application/octet-stream' },
}

/** What takes the place of an audio codec that a container does not hold. */
const OWN_AUDIO: Record<FilmContainer, 'aac' | 'opus'> = { mp4: 'aac', mkv: 'aac', mov: 'aac', webm: 'opus' }

/** The containers that a request may choose for what the preset makes; none where there is no choice. */
export function choosable({ kind }: Preset): readonly ChosenContainer[] {
  if (kind === 'av' || kind === 'remux') return FILM_CONTAINERS
  return kind === 'subtitles' ? SUBTITLE_FORMATS : []
}

/** The one of them that the extension of a path says; null for any other. */
export function containerOf(preset: Preset, path: string): ChosenContainer | null {
  const extension = extname(path).slice(1).toLowerCase()
  const named = extension === 'm4v' ? 'mp4' : extension
  return choosable(preset).find((container) => container === named) ?? null
}

/** What a preset of a kind calls its file in a container; null where there is no such container. */
export function namedAs(kind: unknown, container: unknown): Named | null {
  if (typeof container !== 'string' || !Object.hasOwn(NAMED, container)) return null
  const named = NAMED[container as Preset['container']]
  return kind === 'audio' ? { ...named, mediaType: named.mediaType.replace('video/', 'audio/') } : named
}

/** Whether a preset makes films, which go into any container that holds them. */
export function makesFilms({ kind }: Preset): boolean {
  return kind === 'av' || kind === 'remux'
}

/** Whether what a preset makes is a folder of files. */
export function makesFolder({ kind }: Preset): boolean {
  return kind === 'sprites' || kind === 'attachments'
}

/** The preset with all that a container brings with it; whether its video goes there is not looked at. */
export function intoContainer(preset: Preset, container: ChosenContainer): Preset {
  if (container === preset.container) return preset
  const { audio } = preset
  const isHeld = audio === null || audio.codec === 'copy' || CONTAINER_RULES[container].audio.includes(audio.codec)
  return {
    ...preset,
    container,
    ...NAMED[container],
    audio: isHeld ? audio : { ...audio, codec: OWN_AUDIO[container as FilmContainer] },
  }
}
