import { FfleetError } from '../contract/index.js'
import type { Selection } from './select-streams.js'

/** What an MP4 may hold and players expect in it, by ffmpeg's names. */
const MP4_VIDEO = new Set(['h264', 'hevc', 'av1', 'vp9', 'mpeg4'])
const MP4_AUDIO = new Set(['aac', 'mp3', 'ac3', 'eac3', 'opus', 'flac', 'alac'])

/** Throws `CODEC_NOT_ALLOWED`, naming the codec, for a stream that can't be copied into an MP4. */
export function copyOptions({ video, audio }: Selection): string[] {
  if (video && !MP4_VIDEO.has(video.stream.codec!)) throw notAllowed('video', video.stream.codec!)
  if (video?.stream.presentationTimes === false) {
    const detail = 'The video is stored without the times at which its pictures are shown, which an MP4 must have.'
    throw new FfleetError('CODEC_NOT_ALLOWED', detail)
  }
  if (audio && !MP4_AUDIO.has(audio.stream.codec!)) throw notAllowed('audio', audio.stream.codec!)
  return [
    ...['-c', 'copy'],
    ...(video?.stream.codec === 'hevc' ? ['-tag:v', 'hvc1'] : []),
    // FLAC, Opus and AV1 in MP4 were experiments to ffmpeg up to 4.3.
    ...['-strict', 'experimental'],
  ]
}

function notAllowed(type: string, codec: string): FfleetError {
  return new FfleetError('CODEC_NOT_ALLOWED', `The ${type} is ${codec}, which does not go into an MP4 as it is.`)
}
