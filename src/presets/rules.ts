import { FILM_CONTAINERS, type FieldError, type Preset } from '../contract/index.js'
import { AUDIO_RULES, CONTAINER_RULES, VIDEO_RULES } from './codecs.js'

type Fault = (pointer: string, detail: string) => void

/** What is wrong with a preset although each of its fields is right by itself. Pointers are relative to the preset. */
export function crossFieldFaults(preset: Preset): FieldError[] {
  const faults: FieldError[] = []
  const fault: Fault = (pointer, detail) => faults.push({ pointer, detail })
  kindFaults(preset, fault)
  videoFaults(preset, fault)
  audioFaults(preset, fault)
  return faults
}

type Parts = {
  video: boolean | null
  audio: boolean | null
  sprites: boolean
  containers: readonly Preset['container'][]
}

/** Which parts a kind has: true it must, false it must not, null as one likes. */
const PARTS: Record<Preset['kind'], Parts> = {
  av: { video: true, audio: null, sprites: false, containers: FILM_CONTAINERS },
  audio: { video: false, audio: true, sprites: false, containers: ['mp4', 'webm', 'm4a', 'mp3', 'ogg', 'flac'] },
  remux: { video: true, audio: true, sprites: false, containers: FILM_CONTAINERS },
  picture: { video: true, audio: false, sprites: false, containers: ['jpeg'] },
  sprites: { video: false, audio: false, sprites: true, containers: ['sprites'] },
}

function kindFaults(preset: Preset, fault: Fault): void {
  const parts = PARTS[preset.kind]
  for (const part of ['video', 'audio', 'sprites'] as const) {
    if (parts[part] === true && preset[part] === null) fault(`/${part}`, `a preset of kind ${preset.kind} needs it`)
    if (parts[part] === false && preset[part] !== null) fault(`/${part}`, `a preset of kind ${preset.kind} has none`)
  }
  if (!parts.containers.includes(preset.container)) {
    fault('/container', `a preset of kind ${preset.kind} goes into ${parts.containers.join(', ')}`)
  }
  const isFolder = preset.kind === 'sprites'
  if (isFolder !== (preset.extension === '')) {
    fault('/extension', isFolder ? 'must be empty: the output is a folder' : 'must not be empty')
  }
}

function videoFaults({ kind, container, video }: Preset, fault: Fault): void {
  if (video === null) return
  const encodes = video.codec !== 'copy' && video.codec !== 'mjpeg'
  if (kind === 'remux') {
    if (video.codec !== 'copy') fault('/video/codec', 'a preset of kind remux copies')
  } else if (video.codec === 'copy') {
    fault('/video/codec', 'only a preset of kind remux copies')
  } else if (!CONTAINER_RULES[container].video.includes(video.codec)) {
    fault('/video/codec', `${video.codec} does not go into ${container}`)
  }
  if (!encodes) {
    for (const field of ['crf', 'bitrate', 'speed'] as const) {
      if (video[field] !== null) fault(`/video/${field}`, `does not apply to ${video.codec}`)
    }
    if (video.passes !== 1) fault('/video/passes', `does not apply to ${video.codec}`)
    if (video.codec === 'copy') {
      for (const field of ['width', 'height', 'maxFrameRate'] as const) {
        if (video[field] !== null) fault(`/video/${field}`, 'a copy stays as it is')
      }
    }
    return
  }
  const rules = VIDEO_RULES[video.codec as keyof typeof VIDEO_RULES]
  if ((video.crf === null) === (video.bitrate === null)) fault('/video', 'give either crf or bitrate')
  if (video.crf !== null && video.crf > rules.maxCrf) fault('/video/crf', `of ${video.codec} goes to ${rules.maxCrf}`)
  if (video.passes === 2 && video.bitrate === null) fault('/video/passes', 'two passes need a bitrate')
  if (video.speed !== null && !rules.speeds.test(video.speed)) {
    fault('/video/speed', `is none of ${video.codec}: ${rules.speeds.source}`)
  }
}

function audioFaults({ kind, container, audio }: Preset, fault: Fault): void {
  if (audio === null) return
  if (kind === 'remux') {
    if (audio.codec !== 'copy') fault('/audio/codec', 'a preset of kind remux copies')
    if (audio.bitrate !== null) fault('/audio/bitrate', 'a copy stays as it is')
    if (audio.channels !== null) fault('/audio/channels', 'a copy stays as it is')
    return
  }
  if (audio.codec === 'copy') {
    fault('/audio/codec', 'only a preset of kind remux copies')
    return
  }
  const rules = AUDIO_RULES[audio.codec]
  if (!CONTAINER_RULES[container].audio.includes(audio.codec)) {
    fault('/audio/codec', `${audio.codec} does not go into ${container}`)
  }
  if (audio.bitrate !== null && rules.maxBitrate === null) fault('/audio/bitrate', `${audio.codec} has none`)
  if (audio.bitrate !== null && rules.maxBitrate !== null && audio.bitrate > rules.maxBitrate) {
    fault('/audio/bitrate', `of ${audio.codec} goes to ${rules.maxBitrate}`)
  }
  if (audio.channels !== null && audio.channels > rules.maxChannels) {
    fault('/audio/channels', `of ${audio.codec} go to ${rules.maxChannels}`)
  }
}
