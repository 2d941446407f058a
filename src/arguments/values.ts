/** What the values of options look like. None of these can name a file, an address or a device. */

export type ValueKind = { takes: string; fits(value: string): boolean }

const like = (takes: string, pattern: RegExp): ValueKind => ({ takes, fits: (value) => pattern.test(value) })

export const NUMBER = like('a number', /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i)
/** With the suffixes of ffmpeg: `128k`, `1.5M`, `1Mi`. */
export const AMOUNT = like('a number such as 128k or 1.5M', /^[+-]?\d+(\.\d+)?([kKMG]i?)?B?$/)
export const RATE = like('a rate such as 25 or 30000/1001', /^(\d+(\.\d+)?([:/]\d+(\.\d+)?)?|ntsc|pal|film|ntsc-film)$/)
export const TIME = like('a time such as 12.5 or 00:01:30', /^-?((\d+:)?\d{1,2}:)?\d+(\.\d*)?(ms|us|s)?$|^-?\.\d+$/)
export const SIZE = like('a size such as 640x360', /^(\d{1,5}x\d{1,5}|[a-z]{1,4}\d{0,4}(vga|cif|hd|xga)?)$/)
export const RATIO = like('a ratio such as 16:9', /^\d+(\.\d+)?([:/]\d+(\.\d+)?)?$/)
export const WORD = like('a word or a number', /^[+-]?[A-Za-z0-9][\w.+-]{0,63}$/)
export const FLAGS = like('flags such as +faststart', /^[+-]?[A-Za-z_]\w*([+-][A-Za-z_]\w*)*$|^\d+$/)
export const SYNTAX = like('channels such as stereo or 5.1(side)', /^[\w.()+]{1,64}$/)
export const INDEX = like('the number of an input, or -1', /^-?\d{1,3}(:[a-z](:\d{1,4})?)*$/)
export const MAP = like(
  'a stream such as 0:v:0 or [label]',
  /^(-?\d{1,3}(:[A-Za-z0-9_#]{1,32}){0,4}\??|\[[^[\]]{1,64}\])$/,
)
/** Goes into the file as it is. */
export const METADATA = like('text such as title=Some words', /^[^\0=]{1,256}=[^\0]{0,4096}$/)
export const KEY_FRAMES = like(
  'times, `source`, or expr: with an expression',
  /^(expr:[^\0]{1,1024}|source|[\d:.,+]+|chapters[+\d.]*)$/,
)

/** Filters of packets, by name alone: some take options that hold anything. */
const BITSTREAM_FILTERS = new Set([
  'aac_adtstoasc',
  'av1_frame_merge',
  'chomp',
  'dump_extra',
  'extract_extradata',
  'h264_mp4toannexb',
  'hevc_mp4toannexb',
  'mjpeg2jpeg',
  'mpeg4_unpack_bframes',
  'null',
  'pgs_frame_merge',
  'remove_extra',
  'vp9_superframe',
])
export const BITSTREAM: ValueKind = {
  takes: `bitstream filters without options: ${[...BITSTREAM_FILTERS].join(', ')}`,
  fits: (value) => value.split(',').every((name) => BITSTREAM_FILTERS.has(name)),
}

/** Parameters of x264 and x265, `name=value` with colons between them. Others write statistics, read matrices or dump pictures. */
const ENCODER_PARAMETERS = new Set(
  (
    'profile level level-idc high-tier keyint min-keyint scenecut no-scenecut intra-refresh bframes b-adapt b-bias b-pyramid open-gop no-open-gop ' +
    'cabac no-cabac ref no-deblock deblock slices slices-max sliced-threads tff bff interlaced constrained-intra crf crf-max crf-min qp ' +
    'bitrate vbv-maxrate vbv-bufsize vbv-init qpmin qpmax qpstep qcomp ipratio pbratio chroma-qp-offset cbqpoffs crqpoffs aq-mode ' +
    'aq-strength no-mbtree mbtree rc-lookahead lookahead-threads partitions direct weightb no-weightb weightp me merange mvrange subme subq ' +
    'psy-rd psy-rdoq rdoq-level rd no-psy psy mixed-refs no-mixed-refs chroma-me no-chroma-me 8x8dct no-8x8dct trellis no-fast-pskip ' +
    'fast-pskip no-dct-decimate dct-decimate nr deadzone-inter deadzone-intra threads frame-threads pools wpp no-wpp pmode pme sar ' +
    'overscan videoformat range fullrange colorprim transfer colormatrix chromaloc nal-hrd filler force-cfr stitchable aud repeat-headers ' +
    'annexb hrd info no-info hdr10 hdr10-opt max-cll master-display sao no-sao strong-intra-smoothing limit-refs rect amp tskip ' +
    'tu-intra-depth tu-inter-depth max-merge early-skip cutree no-cutree log-level ctu min-cu-size temporal-mvp asm'
  ).split(' '),
)
export const PARAMETERS: ValueKind = {
  takes: 'parameters of the encoder that name no file, such as keyint=50:bframes=2',
  fits: (value) =>
    value.split(':').every((part) => {
      const [name = '', ...rest] = part.split('=')
      return ENCODER_PARAMETERS.has(name) && /^[\w.,()+|-]*$/.test(rest.join('='))
    }),
}
