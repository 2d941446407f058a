/** How each family of hardware encoders is driven. Options hold from ffmpeg 4.1 to 9; a trial of the worker is what judges them. */
import type { HardwareCodec, HardwareFamily, Preset } from '../../contract/index.js'

type Video = Pick<NonNullable<Preset['video']>, 'crf' | 'bitrate'>

/** The first render node, where a worker found no other. */
export const RENDER_NODE = '/dev/dri/renderD128'

type Family = {
  /** Options of the process: which device filters upload to. */
  globalOptions?(node: string | null): string[]
  /** Pictures are uploaded behind the last filter. */
  uploads?: true
  /** Options of the encoder beside its rate. */
  options: readonly string[]
  /** A constant quality, of a number on x264's scale. */
  quality(level: number, codec: HardwareCodec): string[]
  /** Whether it takes 10 bits a value for HEVC and AV1. */
  tenBits: boolean
}

/**
 * `crf` is on the scale of the software encoder: 0 to 51 of x264 and x265, 0 to 63 of SVT-AV1, brought to 51 first. Encoders that
 * count the same way get the same number; AV1 by its own quantizer, 0 to 255, five times it; VideoToolbox counts upwards to 100.
 */
export const FAMILIES: Record<HardwareFamily, Family> = {
  nvenc: {
    options: ['-preset', 'medium', '-rc', 'vbr'],
    // Without a bit rate of 0 the default one bounds it.
    quality: (level) => ['-cq', `${Math.max(1, level)}`, '-b:v', '0'],
    tenBits: true,
  },
  qsv: {
    options: ['-preset', 'medium'],
    quality: (level) => ['-global_quality', `${Math.max(1, level)}`],
    tenBits: true,
  },
  vaapi: {
    globalOptions: (node) => ['-vaapi_device', node ?? RENDER_NODE],
    uploads: true,
    options: [],
    quality: (level, codec) =>
      codec === 'av1' ? ['-global_quality', `${Math.max(1, level * 5)}`] : ['-qp', `${Math.max(1, level)}`],
    tenBits: true,
  },
  amf: {
    options: ['-quality', 'balanced'],
    quality(level, codec) {
      const qp = `${codec === 'av1' ? level * 5 : level}`
      return ['-rc', 'cqp', '-qp_i', qp, '-qp_p', qp, ...(codec === 'h264' ? ['-qp_b', qp] : [])]
    },
    tenBits: false,
  },
  videotoolbox: {
    options: [],
    quality: (level) => ['-q:v', `${Math.max(1, 100 - Math.round((level * 100) / 51))}`],
    tenBits: true,
  },
}

/** A crf on x264's scale. */
function levelOf(crf: number, codec: HardwareCodec): number {
  return Math.round(codec === 'av1' ? (crf * 51) / 63 : crf)
}

/** The rate of a recipe, in the words of a family. */
export function rateOptions({ crf, bitrate }: Video, family: HardwareFamily, codec: HardwareCodec): string[] {
  if (crf !== null) return FAMILIES[family].quality(levelOf(crf, codec), codec)
  // As for x264: a burst may take half as much again, over two seconds.
  return ['-b:v', `${bitrate}`, '-maxrate:v', `${Math.round(bitrate! * 1.5)}`, '-bufsize:v', `${bitrate! * 2}`]
}
