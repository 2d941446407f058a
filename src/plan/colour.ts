import type { OutputWarning, Preset, ProbeStream } from '../contract/index.js'

/** The part of what ffmpeg can do that this rests on. */
type Capabilities = { filters: ReadonlySet<string> }
type Codec = NonNullable<Preset['video']>['codec']

/** Curves of high dynamic range, by ffmpeg's names, and what people call them. */
const HDR = new Map([
  ['smpte2084', 'PQ'],
  ['arib-std-b67', 'HLG'],
])
const KEEPS_TEN_BITS: ReadonlySet<Codec> = new Set(['hevc', 'av1'])

/** What becomes of the colours of a video. */
export type Colour = {
  /** Filters for behind the scaling, the last of which sets the format of pixels. */
  filters: string[]
  /** Options of the encoder: what the values mean. */
  options: string[]
  warnings: OutputWarning[]
}

/**
 * High dynamic range and 10 bits are kept where the codec holds them; elsewhere high dynamic range is tone-mapped to BT.709,
 * for shown as it is it looks grey. `jpeg`: full range, as JPEG has it.
 */
export function colourOf(stream: ProbeStream, codec: Codec, capabilities: Capabilities): Colour {
  const curve = HDR.get(stream.transfer ?? '')
  if (KEEPS_TEN_BITS.has(codec) && (curve !== undefined || isDeep(stream))) {
    return { filters: ['format=yuv420p10le'], options: tags(stream), warnings: [] }
  }
  if (curve === undefined) return { filters: ['format=yuv420p'], options: [], warnings: [] }
  const range = codec === 'mjpeg' ? 'pc' : 'tv'
  if (!capabilities.filters.has('zscale') || !capabilities.filters.has('tonemap')) {
    const warning = `The input has high dynamic range (${curve}), which this ffmpeg cannot tone-map (it lacks zscale): colours look pale.`
    return { filters: ['format=yuv420p'], options: [], warnings: [{ code: 'NOT_TONE_MAPPED', detail: warning }] }
  }
  return {
    filters: [
      `zscale=tin=${stream.transfer}:pin=${stream.primaries ?? 'bt2020'}:min=${stream.matrix ?? 'bt2020nc'}:rin=${stream.range ?? 'tv'}:t=linear:npl=100`,
      'format=gbrpf32le',
      'zscale=p=bt709',
      'tonemap=tonemap=hable:desat=0',
      `zscale=t=bt709:m=bt709:r=${range}`,
      'format=yuv420p',
    ],
    options: codec === 'mjpeg' ? [] : ['-color_primaries', 'bt709', '-color_trc', 'bt709', '-colorspace', 'bt709'],
    warnings: [
      {
        code: 'TONE_MAPPED',
        detail: `The input has high dynamic range (${curve}); the output is tone-mapped to standard range (BT.709).`,
      },
    ],
  }
}

/** More than 8 bits a value. */
function isDeep({ pixelFormat }: ProbeStream): boolean {
  return /(?:p|gray|gbrp)(?:9|1[0246])(?:le|be)?$|^p01[0246]/.test(pixelFormat ?? '')
}

function tags({ primaries, transfer, matrix }: ProbeStream): string[] {
  return [
    ...(primaries === null ? [] : ['-color_primaries', primaries]),
    ...(transfer === null ? [] : ['-color_trc', transfer]),
    ...(matrix === null ? [] : ['-colorspace', matrix]),
  ]
}
