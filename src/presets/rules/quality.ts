import type { Preset } from '../../contract/index.js'
import { VIDEO_RULES } from '../codecs.js'
import type { Fault } from './fault.js'

/** What is wrong with a quality that is sought: it stands in the place of a crf of an encoder in software. */
export function qualityFaults({ kind, video, quality }: Preset, fault: Fault): void {
  if (quality === undefined) return
  const { ssim, maxBytes } = quality.target
  if ((ssim === undefined) === (maxBytes === undefined)) fault('/quality/target', 'give either ssim or maxBytes')
  if (kind !== 'av' || video === null) {
    fault('/quality', `is of films that are encoded, not of a preset of kind ${kind}`)
  } else if (!(video.codec in VIDEO_RULES)) {
    fault('/quality', `${video.codec} has no crf to find; choose a preset of ${Object.keys(VIDEO_RULES).join(', ')}`)
  } else if (video.crf === null) {
    fault('/quality', 'a bitrate says already how large it becomes; choose a preset that has a crf, such as h264-720p')
  } else if ((video.encoder ?? 'software') !== 'software') {
    fault('/quality', `is found with encoders in software; leave video.encoder out, which is ${video.encoder}`)
  }
}
