import type { CropArea, PictureField, Preset, Quality } from '../../contract/index.js'
import { PICTURE_FIELD_NAMES } from '../../contract/picture.js'
import { formatBitrate, formatBytes } from './figures.js'

/** What a preset makes, as rows of `facts`. */
export function presetRows(preset: Preset): [string, string][] {
  const { video, audio, sprites, waveform, ladder, quality } = preset
  const rows: [string, string][] = [
    ['name', preset.name],
    ['description', preset.description],
    ['container', preset.container],
    ['media type', preset.mediaType],
  ]
  if (video) rows.push(['video', videoOf(video)])
  if (quality) rows.push(['quality', qualityOf(quality)])
  if (audio) rows.push(['audio', audioOf(audio)])
  if (sprites) rows.push(['sprites', spritesOf(sprites)])
  if (waveform) rows.push(['waveform', waveformOf(waveform)])
  if (ladder) rows.push(['ladder', ladderOf(ladder)])
  return rows
}

function qualityOf({ target: { ssim, maxBytes } }: Quality): string {
  return ssim === undefined ? `as fits into ${formatBytes(maxBytes!)}` : `SSIM ${ssim}`
}

function spritesOf({ columns, rows, intervalMs, count }: NonNullable<Preset['sprites']>): string {
  const stills = intervalMs === null ? `${count ?? columns * rows} in all` : `one every ${intervalMs / 1000} s`
  return `${columns} x ${rows}, ${stills}`
}

function ladderOf({ rungs, segmentMs, codecs, poster, thumbnails, encryption }: NonNullable<Preset['ladder']>): string {
  const sizes = rungs === undefined ? 'by the input' : rungs.map(({ height }) => `${height}p`).join(', ')
  return list([
    codecs.join(' and '),
    `sizes ${sizes}`,
    `segments of ${segmentMs / 1_000} s`,
    poster ? 'a poster' : null,
    thumbnails ? 'thumbnails' : null,
    encryption?.method ?? null,
  ])
}

function waveformOf({ width, height, pointsPerSecond }: NonNullable<Preset['waveform']>): string {
  return height === null ? `${pointsPerSecond} points/s, at most ${width}` : `${width} x ${height}`
}

function audioOf(audio: NonNullable<Preset['audio']>): string {
  const { codec, bitrate, channels, layout, channelMap, sampleRate, gainDb, loudness, trimSilence } = audio
  return list([
    codec,
    bitrate === null ? null : formatBitrate(bitrate),
    channels === null ? null : `up to ${channels} channels`,
    layout ?? null,
    channelMap ? `channels ${channelMap.join(' ')}` : null,
    sampleRate === undefined ? null : `${sampleRate} Hz`,
    gainDb === undefined ? null : `${gainDb} dB`,
    loudness ? `${loudness.targetLufs} LUFS` : null,
    trimSilence ? 'without silence at the ends' : null,
  ])
}

function videoOf(video: NonNullable<Preset['video']>): string {
  const { width, height, crf, bitrate, speed, passes, maxFrameRate, profile } = video
  return list([
    video.codec,
    profile === undefined ? null : `profile ${profile}`,
    width === null && height === null ? null : `up to ${width ?? 'any'} x ${height ?? 'any'}`,
    crf === null ? null : `crf ${crf}`,
    bitrate === null ? null : formatBitrate(bitrate),
    speed === null ? null : `speed ${speed}`,
    passes > 1 ? `${passes} passes` : null,
    maxFrameRate === null ? null : `up to ${maxFrameRate} frames/s`,
    ...PICTURE_FIELD_NAMES.map((field) => pictureWord(field, video[field])),
  ])
}

/** As `--fit pad` and `--crop 640x360+0+60` on the command line. */
function pictureWord(field: PictureField, value: unknown): string | null {
  if (value === undefined) return null
  const name = field.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
  return `${name} ${typeof value === 'object' ? cropWord(value as CropArea) : value}`
}

const cropWord = ({ x, y, width, height }: CropArea) => `${width}x${height}+${x}+${y}`

function list(items: (string | null)[]): string {
  return items.filter((item) => item !== null).join(', ')
}
