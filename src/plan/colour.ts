import { FfleetError, type OutputWarning, type Preset, type ProbeStream } from '../contract/index.js'
import { holdsTenBits } from '../presets/codecs.js'
import { colourTags, isHighDefinition, isRgb, swscaleMatrix } from './colour-tags.js'
import { shownSize } from './framing.js'
import type { HdrMetadata } from './hdr.js'
import type { Size } from './size.js'

/** The part of what ffmpeg can do that this rests on. */
type Capabilities = { filters: ReadonlySet<string> }
type Video = Pick<NonNullable<Preset['video']>, 'codec' | 'dynamicRange' | 'profile'>

/** Curves of high dynamic range, by ffmpeg's names, and what people call them. */
export const HDR: ReadonlyMap<string, 'PQ' | 'HLG'> = new Map([
  ['smpte2084', 'PQ'],
  ['arib-std-b67', 'HLG'],
])

/** What becomes of the colours of a video. */
export type Colour = {
  /** Options of `scale` for the matrix, each with its name. */
  scaling: string[]
  /** The range that values are brought to; null: they keep theirs. */
  range: 'full' | 'tv' | null
  /** Filters for behind the scaling, the last of which sets the format of pixels. */
  filters: string[]
  /** Options of the encoder: what the values mean. */
  options: string[]
  /** The curve that the output must tell of; null: none. */
  transfer: string | null
  /** For the encoder to carry along; null: nothing. */
  hdr: HdrMetadata | null
  warnings: OutputWarning[]
}

/**
 * High dynamic range and 10 bits are kept where the codec holds them; elsewhere, and where standard range is asked for, high
 * dynamic range is tone-mapped to BT.709, for shown as it is it looks grey. Colours of standard range stay what the input says
 * they are; a JPEG has them in full range and by BT.601, which is what all its readers take them for.
 *
 * Throws `FILTER_NOT_AVAILABLE` where standard range is asked for and this ffmpeg can't, and `CODEC_NOT_ALLOWED` for Dolby Vision
 * that nothing else can read.
 */
export function colourOf(stream: ProbeStream, video: Video, frame: Size, capabilities: Capabilities): Colour {
  refuseUnreadable(stream)
  const { codec, dynamicRange = 'auto' } = video
  const curve = HDR.get(stream.transfer ?? '')
  if (curve === undefined) return standardRange(stream, video, frame)
  if (holdsTenBits(video) && dynamicRange !== 'standard') return highRange(stream, video)
  const mapped = toneMapped(stream, video, curve, capabilities)
  const rgb = rgbFormat(codec)
  return rgb === null ? mapped : { ...mapped, filters: [...mapped.filters, rgb], options: [], transfer: null }
}

function standardRange(stream: ProbeStream, video: Video, frame: Size): Colour {
  const { codec } = video
  const plain = { transfer: null, hdr: null, warnings: [], range: stream.range === 'pc' ? ('tv' as const) : null }
  const matrix = swscaleMatrix(stream) ?? (isHighDefinition(shownSize(stream)) ? 'bt709' : 'bt601')
  if (codec === 'mjpeg') {
    const matrices = matrix === 'bt601' ? [] : [`in_color_matrix=${matrix}`, 'out_color_matrix=bt601']
    return { ...plain, range: 'full', scaling: matrices, filters: ['format=yuv420p'], options: [] }
  }
  const rgb = rgbFormat(codec)
  if (rgb !== null) {
    // Every matrix ends here.
    const scaling = isRgb(stream) ? [] : [`in_color_matrix=${matrix}`]
    return { ...plain, range: null, scaling, filters: [rgb], options: [] }
  }
  const filters = [`format=${pixelFormat(video, stream)}`]
  if (isRgb(stream)) {
    return { ...plain, scaling: ['out_color_matrix=bt709'], filters, options: colourTags(BT709) }
  }
  // Where nothing is said, players go by the size. A smaller picture would be taken for another matrix than it has.
  if (stream.matrix === null && isHighDefinition(shownSize(stream)) !== isHighDefinition(frame)) {
    const said = { ...stream, matrix: matrix === 'bt601' ? 'smpte170m' : matrix }
    const kept = [`in_color_matrix=${matrix}`, `out_color_matrix=${matrix}`]
    return { ...plain, scaling: kept, filters, options: colourTags(said) }
  }
  return { ...plain, scaling: [], filters, options: colourTags(stream) }
}

/** Those whose readers know red, green and blue alone, and in which order of them; null for all others. */
function rgbFormat(codec: Video['codec']): string | null {
  if (codec === 'png') return 'format=rgb24'
  return codec === 'gif' || codec === 'webp' ? 'format=bgra' : null
}

const BT709 = { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709' }

function highRange(stream: ProbeStream, video: Video): Colour {
  const { hdr = null } = stream
  const detail =
    'The input has Dolby Vision; the output keeps the picture that it is built upon, without the metadata that adapts it scene by scene.'
  return {
    scaling: [],
    range: null,
    filters: [`format=${pixelFormat(video, stream, true)}`],
    options: colourTags(stream),
    transfer: stream.transfer,
    hdr,
    warnings: hdr?.dolbyVision ? [{ code: 'HDR_METADATA_LEFT_OUT', detail }] : [],
  }
}

function toneMapped(stream: ProbeStream, video: Video, curve: string, { filters }: Capabilities): Colour {
  const isJpeg = video.codec === 'mjpeg'
  if (!filters.has('zscale') || !filters.has('tonemap')) {
    if (video.dynamicRange === 'standard') {
      const lack = 'To tone-map high dynamic range, ffmpeg on this worker would need the filters zscale and tonemap.'
      throw new FfleetError('FILTER_NOT_AVAILABLE', lack)
    }
    const detail = `The input has high dynamic range (${curve}), which this ffmpeg cannot tone-map (it lacks zscale): colours look pale.`
    return {
      scaling: [],
      range: isJpeg ? 'full' : null,
      filters: [`format=${pixelFormat(video, stream, false)}`],
      options: [],
      transfer: null,
      hdr: null,
      warnings: [{ code: 'NOT_TONE_MAPPED', detail }],
    }
  }
  return {
    scaling: [],
    range: null,
    filters: [
      `zscale=tin=${stream.transfer}:pin=${stream.primaries ?? 'bt2020'}:min=${stream.matrix ?? 'bt2020nc'}:rin=${stream.range ?? 'tv'}:t=linear:npl=100`,
      'format=gbrpf32le',
      'zscale=p=bt709',
      'tonemap=tonemap=hable:desat=0',
      `zscale=t=bt709:m=${isJpeg ? '170m' : 'bt709'}:r=${isJpeg ? 'pc' : 'tv'}`,
      `format=${pixelFormat(video, stream, false)}`,
      // Newer encoders would write down what they find at the frames.
      ...(filters.has('sidedata') ? HDR_SIDE_DATA.map((type) => `sidedata=mode=delete:type=${type}`) : []),
    ],
    options: isJpeg ? [] : colourTags(BT709),
    transfer: isJpeg ? null : 'bt709',
    hdr: null,
    warnings: [
      {
        code: 'TONE_MAPPED',
        detail: `The input has high dynamic range (${curve}); the output is tone-mapped to standard range (BT.709).`,
      },
    ],
  }
}

/** Whether values are those of a high dynamic range. */
export function isHighRange({ transfer }: Pick<Colour, 'transfer'>): boolean {
  return HDR.has(transfer ?? '')
}

const HDR_SIDE_DATA = ['MASTERING_DISPLAY_METADATA', 'CONTENT_LIGHT_LEVEL']

/** Profile 5 has colours of its own: taken for those of any other video they come out green and violet. */
function refuseUnreadable({ hdr }: ProbeStream): void {
  const { profile, compatibility } = hdr?.dolbyVision ?? { profile: 0, compatibility: 0 }
  if (profile !== 5 || compatibility !== 0) return
  const detail = 'The video is Dolby Vision of profile 5, whose colours nothing but a Dolby Vision decoder can read.'
  throw new FfleetError('CODEC_NOT_ALLOWED', detail, {
    hint: 'Export the video with a base that other players can show, such as HDR10 (profile 8.1).',
  })
}

/** What the encoder is given: as many bits, and as much of the colours, as the codec holds of what is there. */
function pixelFormat({ codec, profile }: Video, stream: ProbeStream, isDeep = hasTenBits(stream)): string {
  if (codec === 'prores') {
    if (profile !== '4444') return 'yuv422p10le'
    return hasAlpha(stream) ? 'yuva444p10le' : 'yuv444p10le'
  }
  if (codec === 'dnxhr') return profile === '444' ? 'yuv444p10le' : profile === 'hqx' ? 'yuv422p10le' : 'yuv422p'
  return holdsTenBits({ codec }) && isDeep ? 'yuv420p10le' : 'yuv420p'
}

function hasAlpha({ pixelFormat }: ProbeStream): boolean {
  return /^(yuva|rgba|bgra|argb|abgr|gbrap|ya\d|pal8)/.test(pixelFormat ?? '')
}

/** More than 8 bits a value. */
function hasTenBits({ pixelFormat }: ProbeStream): boolean {
  return /(?:p|gray|gbrp)(?:9|1[0246])(?:le|be)?$|^p01[0246]/.test(pixelFormat ?? '')
}
