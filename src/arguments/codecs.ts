/** Encoders and containers that arguments may name. */
import type { ValueKind } from './values.js'

const words = (text: string) => text.split(/\s+/).filter(Boolean)

/** They turn frames into packets on the processor. Hardware encoders open a device, of which it is not known who has one. */
export const ENCODERS: ReadonlySet<string> = new Set(
  words(`
    copy
    libx264 libx264rgb libx265 libvpx libvpx-vp9 libaom-av1 libsvtav1 librav1e libtheora libxvid libwebp libwebp_anim
    mpeg1video mpeg2video mpeg4 msmpeg4 msmpeg4v2 wmv1 wmv2 flv h261 h263 h263p mjpeg ljpeg jpeg2000 libopenjpeg png apng gif bmp tiff
    ffv1 huffyuv ffvhuff utvideo prores prores_aw prores_ks dnxhd cfhd qtrle rawvideo dvvideo magicyuv
    aac libfdk_aac libmp3lame libshine libopus opus libvorbis vorbis flac alac ac3 ac3_fixed eac3 mp2 mp2fixed libtwolame wmav1 wmav2
    libspeex libgsm libopencore_amrnb libvo_amrwbenc tta wavpack libcodec2 dca truehd
    adpcm_ima_wav adpcm_ms pcm_alaw pcm_mulaw pcm_f32be pcm_f32le pcm_f64be pcm_f64le pcm_s8 pcm_u8 pcm_s16be pcm_s16le pcm_s24be
    pcm_s24le pcm_s32be pcm_s32le
    mov_text srt subrip webvtt ass ssa dvdsub dvbsub
  `),
)

/** A container that is one file, and names none. `holds`: what of a source goes in where nothing is said about streams. */
export type Container = { extensions: string[]; mediaType: string; holds: 'av' | 'audio' | 'video' | 'picture' }

const container = (extensions: string, mediaType: string, holds: Container['holds']): Container => ({
  extensions: words(extensions),
  mediaType,
  holds,
})

/** By ffmpeg's names of muxers. Left out are those that write many files (hls, dash, segment, tee, image sequences) or send. */
export const CONTAINERS: Readonly<Record<string, Container>> = {
  mp4: container('mp4', 'video/mp4', 'av'),
  mov: container('mov qt', 'video/quicktime', 'av'),
  ipod: container('m4a m4v m4b', 'audio/mp4', 'av'),
  '3gp': container('3gp', 'video/3gpp', 'av'),
  '3g2': container('3g2', 'video/3gpp2', 'av'),
  f4v: container('f4v', 'video/mp4', 'av'),
  psp: container('psp', 'video/mp4', 'av'),
  matroska: container('mkv mka', 'video/x-matroska', 'av'),
  webm: container('webm', 'video/webm', 'av'),
  avi: container('avi', 'video/x-msvideo', 'av'),
  flv: container('flv', 'video/x-flv', 'av'),
  asf: container('asf wmv wma', 'video/x-ms-asf', 'av'),
  mpegts: container('ts m2t m2ts mts', 'video/mp2t', 'av'),
  mpeg: container('mpg mpeg', 'video/mpeg', 'av'),
  vob: container('vob', 'video/mpeg', 'av'),
  dvd: container('dvd', 'video/mpeg', 'av'),
  mxf: container('mxf', 'application/mxf', 'av'),
  nut: container('nut', 'video/x-nut', 'av'),
  ogv: container('ogv', 'video/ogg', 'av'),
  ogg: container('ogg', 'audio/ogg', 'audio'),
  oga: container('oga', 'audio/ogg', 'audio'),
  opus: container('opus', 'audio/ogg', 'audio'),
  mp3: container('mp3', 'audio/mpeg', 'audio'),
  mp2: container('mp2', 'audio/mpeg', 'audio'),
  adts: container('aac', 'audio/aac', 'audio'),
  ac3: container('ac3', 'audio/ac3', 'audio'),
  eac3: container('eac3', 'audio/eac3', 'audio'),
  flac: container('flac', 'audio/flac', 'audio'),
  wav: container('wav', 'audio/wav', 'audio'),
  w64: container('w64', 'audio/x-w64', 'audio'),
  aiff: container('aiff aif', 'audio/aiff', 'audio'),
  au: container('au', 'audio/basic', 'audio'),
  caf: container('caf', 'audio/x-caf', 'audio'),
  amr: container('amr', 'audio/amr', 'audio'),
  gif: container('gif', 'image/gif', 'video'),
  apng: container('apng', 'image/apng', 'video'),
  ivf: container('ivf', 'video/x-ivf', 'video'),
  h264: container('h264 264', 'video/h264', 'video'),
  hevc: container('hevc h265 265', 'video/h265', 'video'),
  m4v: container('', 'video/mp4v-es', 'video'),
  image2: container('png jpg jpeg bmp tif tiff', 'image/png', 'picture'),
}

const PICTURE_TYPES: Record<string, string> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  bmp: 'image/bmp',
  tif: 'image/tiff',
  tiff: 'image/tiff',
}

const BY_EXTENSION = new Map(
  Object.entries(CONTAINERS).flatMap(([name, { extensions }]) => extensions.map((each) => [each, name] as const)),
)

/** The container that a file of this extension is written as; undefined where none is let through. */
export function containerOf(extension: string): string | undefined {
  return BY_EXTENSION.get(extension.toLowerCase())
}

export function mediaTypeOf(name: string, extension: string): string {
  return (name === 'image2' ? PICTURE_TYPES[extension.toLowerCase()] : undefined) ?? CONTAINERS[name]!.mediaType
}

/** Why containers are refused that people ask for. */
export const REFUSED_CONTAINERS: Record<string, string> = {
  tee: 'it writes to any file or address that it is told; give each output of its own',
  hls: 'it writes many files, at names that its options say',
  dash: 'it writes many files, at names that its options say',
  segment: 'it writes many files, at names that its options say; cut with -ss and -t, one output each',
  stream_segment: 'it writes many files, at names that its options say',
  smoothstreaming: 'it writes many files, at names that its options say',
  rtp: 'it sends over the network',
  rtsp: 'it sends over the network',
  sap: 'it sends over the network',
  fifo: 'it writes to any other format and address that it is told',
  concat: 'it opens files by name; give each as an input, with the concat filter',
  lavfi: 'it opens what filters say; use a source filter in the graph',
}

export const ENCODER: ValueKind = {
  takes: 'an encoder that runs on the processor, such as libx264, aac or copy',
  fits: (value) => ENCODERS.has(value),
}

export const CONTAINER: ValueKind = {
  takes: `a container that is one file: ${Object.keys(CONTAINERS).join(', ')}`,
  fits: (value) => Object.hasOwn(CONTAINERS, value),
}
