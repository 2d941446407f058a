/** What containers hold, by ffmpeg's names, and how each is written. */
import { FfleetError, type FilmContainer, LADDER_FORMATS, type Preset } from '../contract/index.js'
import type { Selected } from './select-streams.js'
import type { Carried } from './tracks/index.js'

type Held = { name: string; video: ReadonlySet<string>; audio: ReadonlySet<string> }
const set = (names: string) => new Set(names.split(' '))

/** What may be copied into it and is expected in it by players. */
const HELD: Record<FilmContainer, Held> = {
  mp4: { name: 'an MP4', video: set('h264 hevc av1 vp9 mpeg4'), audio: set('aac mp3 ac3 eac3 opus flac alac') },
  mov: {
    name: 'a MOV',
    video: set('h264 hevc mpeg4 prores dnxhd mjpeg'),
    audio: set('aac ac3 alac pcm_s16le pcm_s16be pcm_s24le pcm_s24be pcm_s32le pcm_f32le'),
  },
  webm: { name: 'a WebM', video: set('vp8 vp9 av1'), audio: set('opus vorbis') },
  mkv: {
    name: 'an MKV',
    video: set(
      'h264 hevc vvc vp8 vp9 av1 mpeg1video mpeg2video mpeg4 msmpeg4v3 theora vc1 wmv3 mjpeg prores ffv1 rv40',
    ),
    audio: set(
      'aac mp2 mp3 ac3 eac3 dts truehd opus vorbis flac alac tta wavpack wmav2 pcm_u8 pcm_s16le pcm_s24le pcm_s32le pcm_f32le',
    ),
  },
}

/** Whether audio goes into the container as it is. */
export function holdsAudio(container: FilmContainer, { stream }: Selected): boolean {
  return HELD[container].audio.has(stream.codec!)
}

/** Throws `CODEC_NOT_ALLOWED`, naming the codec, for a stream that can't be copied into the container. */
export function requireHeld(container: FilmContainer, video: Selected | null, audio: Selected | null): void {
  const { name, video: videos, audio: audios } = HELD[container]
  const refused = (type: string, codec: string) =>
    new FfleetError('CODEC_NOT_ALLOWED', `The ${type} is ${codec}, which does not go into ${name} as it is.`)
  if (video && !videos.has(video.stream.codec!)) throw refused('video', video.stream.codec!)
  if (video?.stream.presentationTimes === false) {
    const detail = `The video is stored without the times at which its pictures are shown, which ${name} must have.`
    throw new FfleetError('CODEC_NOT_ALLOWED', detail)
  }
  if (audio && !audios.has(audio.stream.codec!)) throw refused('audio', audio.stream.codec!)
}

/** Of a ladder, each track for itself, at the times that the film has. */
const FRAGMENTED = ['-avoid_negative_ts', 'disabled', '-write_tmcd', '0', '-f', 'mp4']

/**
 * How a container is written. No time code track, which players and probes take for a further stream. `videoCodec` by
 * ffmpeg's name; null: there is none.
 */
export function containerOptions(
  container: Preset['container'],
  { chapters, metadata }: Pick<Carried, 'chapters' | 'metadata'>,
  videoCodec: string | null,
): string[] {
  const options: Partial<Record<Preset['container'], string[]>> = {
    mp4: ['-movflags', '+faststart', '-write_tmcd', '0', '-f', 'mp4'],
    mov: ['-movflags', '+faststart', '-write_tmcd', '0', '-f', 'mov'],
    m4a: ['-movflags', '+faststart', '-write_tmcd', '0', '-f', 'ipod'],
    mkv: ['-f', 'matroska'],
    webm: ['-f', 'webm'],
    mp3: ['-id3v2_version', '3', '-f', 'mp3'],
    ogg: ['-f', 'ogg'],
    flac: ['-f', 'flac'],
    hls: FRAGMENTED,
    dash: FRAGMENTED,
    cmaf: FRAGMENTED,
  }
  // Apple's players want the tag.
  const isTagged = videoCodec === 'hevc' && ['mp4', 'mov', ...LADDER_FORMATS].includes(container)
  return [
    ...(isTagged ? ['-tag:v:0', 'hvc1'] : []),
    ...(metadata ? [] : ['-map_metadata:g', '-1']),
    ...['-map_chapters', chapters ? '0' : '-1', '-max_muxing_queue_size', '4096'],
    ...(options[container] ?? []),
  ]
}
