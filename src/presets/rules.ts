import {
  burnsSubtitles,
  FILM_CONTAINERS,
  type FieldError,
  LADDER_FORMATS,
  type Preset,
  SUBTITLE_FORMATS,
} from '../contract/index.js'
import { CONTAINER_RULES, keepsPicture, profilesOf, type RatedCodec, VIDEO_RULES } from './codecs.js'
import { makesFolder } from './container.js'
import type { Fault } from './rules/fault.js'
import { ladderFaults } from './rules/ladder.js'
import { pictureFaults } from './rules/picture.js'
import { qualityFaults } from './rules/quality.js'
import { audioFaults } from './rules/sound.js'
import { spriteFaults } from './rules/stills.js'

/** In pixels. */
const MAX_PICTURE_WIDTH = 16_384

/** What is wrong with a preset although each of its fields is right by itself. Pointers are relative to the preset. */
export function crossFieldFaults(preset: Preset): FieldError[] {
  const faults: FieldError[] = []
  const fault: Fault = (pointer, detail) => faults.push({ pointer, detail })
  kindFaults(preset, fault)
  videoFaults(preset, fault)
  pictureFaults(preset, fault)
  qualityFaults(preset, fault)
  audioFaults(preset, fault)
  waveformFaults(preset, fault)
  spriteFaults(preset, fault)
  ladderFaults(preset, fault)
  burnFaults(preset, fault)
  return faults
}

/** Subtitles become part of a picture that is encoded. */
function burnFaults(preset: Preset, fault: Fault): void {
  const { kind } = preset
  if (!burnsSubtitles(preset) || kind === 'av' || kind === 'ladder' || kind === 'animation') return
  const isKept = kind === 'remux' || kind === 'archive'
  fault(
    '/tracks/subtitles',
    isKept
      ? 'are not burnt where the picture stays as it is; choose a preset that encodes'
      : `are burnt into films, ladders and animations, not by a preset of kind ${kind}`,
  )
}

const PARTS = ['video', 'audio', 'sprites', 'waveform', 'ladder'] as const
type Part = (typeof PARTS)[number]

const STAYS = 'stays as it is in a copy and in an archive'

/** Which parts a kind must have and which it may have besides, and what it goes into. */
const KINDS: Record<Preset['kind'], { needs: Part[]; takes?: Part[]; containers: readonly Preset['container'][] }> = {
  av: { needs: ['video'], takes: ['audio'], containers: FILM_CONTAINERS },
  audio: { needs: ['audio'], containers: ['mp4', 'webm', 'm4a', 'mp3', 'ogg', 'flac'] },
  remux: { needs: ['video', 'audio'], containers: FILM_CONTAINERS },
  archive: { needs: ['video'], takes: ['audio'], containers: ['mkv'] },
  animation: { needs: ['video'], containers: ['gif', 'webp'] },
  picture: { needs: ['video'], containers: ['jpeg', 'png'] },
  frames: { needs: ['video'], containers: ['frames'] },
  sheet: { needs: ['sprites'], containers: ['jpeg', 'png'] },
  sprites: { needs: ['sprites'], containers: ['sprites'] },
  waveform: { needs: ['waveform'], containers: ['png', 'json'] },
  subtitles: { needs: [], containers: SUBTITLE_FORMATS },
  attachments: { needs: [], containers: ['attachments'] },
  ladder: { needs: ['video', 'ladder'], takes: ['audio'], containers: LADDER_FORMATS },
}

function kindFaults(preset: Preset, fault: Fault): void {
  const { needs, takes = [], containers } = KINDS[preset.kind]
  for (const part of PARTS) {
    const isThere = (preset[part] ?? null) !== null
    if (!isThere && needs.includes(part)) fault(`/${part}`, `a preset of kind ${preset.kind} needs it`)
    if (isThere && ![...needs, ...takes].includes(part)) fault(`/${part}`, `a preset of kind ${preset.kind} has none`)
  }
  if (!containers.includes(preset.container)) {
    fault('/container', `a preset of kind ${preset.kind} goes into ${containers.join(', ')}`)
  }
  const isFolder = makesFolder(preset)
  if (isFolder !== (preset.extension === '')) {
    fault('/extension', isFolder ? 'must be empty: the output is a folder' : 'must not be empty')
  }
}

function waveformFaults({ container, waveform }: Preset, fault: Fault): void {
  if (!waveform) return
  const isPicture = container === 'png'
  const { width, height, pointsPerSecond } = waveform
  if (isPicture !== (height !== null)) fault('/waveform/height', isPicture ? 'a picture needs it' : 'JSON has none')
  if (isPicture !== (pointsPerSecond === null)) {
    fault('/waveform/pointsPerSecond', isPicture ? 'a picture has none' : 'JSON needs it')
  }
  if (isPicture && width > MAX_PICTURE_WIDTH) fault('/waveform/width', `of a picture goes to ${MAX_PICTURE_WIDTH}`)
}

function videoFaults({ kind, container, video }: Preset, fault: Fault): void {
  if (video === null) return
  if (kind === 'remux') {
    if (video.codec !== 'copy') fault('/video/codec', 'a preset of kind remux copies')
  } else if (video.codec === 'copy') {
    fault('/video/codec', 'only a preset of kind remux copies')
  } else if (!CONTAINER_RULES[container].video.includes(video.codec)) {
    fault('/video/codec', `${video.codec} does not go into ${container}`)
  }
  if ((kind === 'archive') !== (video.codec === 'ffv1')) {
    fault(
      '/video/codec',
      kind === 'archive' ? 'a preset of kind archive has ffv1' : 'ffv1 is of a preset of kind archive',
    )
  }
  profileFaults(video, fault)
  if (!(video.codec in VIDEO_RULES)) {
    for (const field of ['crf', 'bitrate', 'speed'] as const) {
      if (video[field] !== null) fault(`/video/${field}`, `does not apply to ${video.codec}`)
    }
    if (video.passes !== 1) fault('/video/passes', `does not apply to ${video.codec}`)
    if (keepsPicture(video.codec)) {
      for (const field of ['width', 'height', 'maxFrameRate'] as const) {
        if (video[field] !== null) fault(`/video/${field}`, STAYS)
      }
    }
    return
  }
  const rules = VIDEO_RULES[video.codec as RatedCodec]
  if ((video.crf === null) === (video.bitrate === null)) fault('/video', 'give either crf or bitrate')
  if (video.crf !== null && video.crf > rules.maxCrf) fault('/video/crf', `of ${video.codec} goes to ${rules.maxCrf}`)
  if (video.passes === 2 && video.bitrate === null) fault('/video/passes', 'two passes need a bitrate')
  if (video.speed !== null && !rules.speeds.test(video.speed)) {
    fault('/video/speed', `is none of ${video.codec}: ${rules.speeds.source}`)
  }
}

function profileFaults({ codec, profile }: NonNullable<Preset['video']>, fault: Fault): void {
  const profiles = profilesOf(codec)
  if (profile === undefined) {
    if (profiles.length > 0) fault('/video/profile', `of ${codec} is one of ${profiles.join(', ')}`)
  } else if (!profiles.includes(profile)) {
    fault(
      '/video/profile',
      profiles.length > 0 ? `of ${codec} is one of ${profiles.join(', ')}` : `does not apply to ${codec}`,
    )
  }
}
