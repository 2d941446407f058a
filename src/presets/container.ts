/** A film in another container than its preset's. */
import { extname } from 'node:path'
import {
  type ChosenContainer,
  FILM_CONTAINERS,
  type FilmContainer,
  type PictureFormat,
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
  gif: { extension: 'gif', mediaType: 'image/gif' },
  webp: { extension: 'webp', mediaType: 'image/webp' },
  jpeg: { extension: 'jpg', mediaType: 'image/jpeg' },
  frames: { extension: '', mediaType: 'image/jpeg' },
  sprites: { extension: '', mediaType: 'text/vtt' },
  png: { extension: 'png', mediaType: 'image/png' },
  json: { extension: 'json', mediaType: 'application/json' },
  vtt: { extension: 'vtt', mediaType: 'text/vtt' },
  srt: { extension: 'srt', mediaType: 'application/x-subrip' },
  ass: { extension: 'ass', mediaType: 'text/x-ssa' },
  attachments: { extension: '', mediaType: 'application/octet-stream' },
  hls: { extension: '', mediaType: 'application/vnd.apple.mpegurl' },
  dash: { extension: '', mediaType: 'application/dash+xml' },
  cmaf: { extension: '', mediaType: 'application/vnd.apple.mpegurl' },
}

/** What takes the place of an audio codec that a container does not hold. */
const OWN_AUDIO: Record<FilmContainer, 'aac' | 'opus'> = { mp4: 'aac', mkv: 'aac', mov: 'aac', webm: 'opus' }

/** The containers that a request may choose for what the preset makes; none where there is no choice. */
export function choosable(preset: Preset): readonly ChosenContainer[] {
  if (makesFilms(preset)) return FILM_CONTAINERS
  return preset.kind === 'subtitles' ? SUBTITLE_FORMATS : []
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

/** Whether a preset makes pictures, as JPEG or PNG. */
export function makesPictures({ kind }: Preset): boolean {
  return kind === 'picture' || kind === 'frames' || kind === 'sheet' || kind === 'sprites'
}

/** The format that the extension of a path says; null for any other. */
export function formatOf(path: string): PictureFormat | null {
  const extension = extname(path).slice(1).toLowerCase()
  if (extension === 'png') return 'png'
  return extension === 'jpg' || extension === 'jpeg' ? 'jpeg' : null
}

/** In which format a preset makes its pictures. */
export function pictureFormatOf({ container, video, sprites }: Preset): PictureFormat {
  if (container === 'sprites') return sprites?.format ?? 'jpeg'
  return container === 'png' || video?.codec === 'png' ? 'png' : 'jpeg'
}

/** The preset with its pictures in a format, and all that it brings with it. */
export function inFormat(preset: Preset, format: PictureFormat): Preset {
  if (format === pictureFormatOf(preset)) return preset
  const { container, video, sprites } = preset
  if (container === 'sprites') return { ...preset, sprites: sprites && { ...sprites, format } }
  const [codec, extension] = format === 'png' ? (['png', 'png'] as const) : (['mjpeg', 'jpg'] as const)
  const pictures = { ...preset, mediaType: `image/${format}`, video: video && { ...video, codec } }
  return container === 'frames' ? pictures : { ...pictures, container: format, extension }
}

/** Whether a preset makes films, which go into any container that holds them. */
export function makesFilms({ kind }: Preset): boolean {
  return kind === 'av' || kind === 'remux' || kind === 'archive'
}

/** Whether what a preset makes is a folder of files. */
export function makesFolder({ kind }: Preset): boolean {
  return kind === 'sprites' || kind === 'frames' || kind === 'attachments' || kind === 'ladder'
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
