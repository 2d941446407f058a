/** Hardware encoders, by family and by the codec that they make; the names are ffmpeg's. */
export const HARDWARE_ENCODERS = {
  nvenc: { h264: 'h264_nvenc', hevc: 'hevc_nvenc', av1: 'av1_nvenc' },
  qsv: { h264: 'h264_qsv', hevc: 'hevc_qsv', av1: 'av1_qsv' },
  vaapi: { h264: 'h264_vaapi', hevc: 'hevc_vaapi', av1: 'av1_vaapi' },
  amf: { h264: 'h264_amf', hevc: 'hevc_amf', av1: 'av1_amf' },
  videotoolbox: { h264: 'h264_videotoolbox', hevc: 'hevc_videotoolbox' },
} as const

export type HardwareFamily = keyof typeof HARDWARE_ENCODERS
export type HardwareCodec = 'h264' | 'hevc' | 'av1'
/** The better ones first: `auto` takes the first that can be used. */
export const HARDWARE_FAMILIES = Object.keys(HARDWARE_ENCODERS) as HardwareFamily[]

const NAMES = HARDWARE_FAMILIES.flatMap((family) => Object.values(HARDWARE_ENCODERS[family]))

/** What `encoder` of a recipe may be. */
export const ENCODER_CHOICES = ['auto', 'software', ...HARDWARE_FAMILIES, ...NAMES] as (
  | 'auto'
  | 'software'
  | HardwareFamily
  | (typeof NAMES)[number]
)[]
export type EncoderChoice = (typeof ENCODER_CHOICES)[number]

/** By ffmpeg's name; null: none of that codec. */
export function hardwareEncoder(family: HardwareFamily, codec: string): string | null {
  const encoders: Partial<Record<string, string>> = HARDWARE_ENCODERS[family]
  return encoders[codec] ?? null
}

/** The family and codec of an encoder by ffmpeg's name; null: it is none of these. */
export function familyOf(name: string): { family: HardwareFamily; codec: HardwareCodec } | null {
  for (const family of HARDWARE_FAMILIES) {
    const found = Object.entries(HARDWARE_ENCODERS[family]).find(([, each]) => each === name)
    if (found) return { family, codec: found[0] as HardwareCodec }
  }
  return null
}

/** The encoder that a recipe names, by ffmpeg's name; null: it leaves the choice open, or none makes its codec. */
export function namedEncoder(video: { codec: string; encoder?: EncoderChoice } | null | undefined): string | null {
  const { encoder = 'software', codec = '' } = video ?? {}
  if (encoder === 'software' || encoder === 'auto') return null
  if (familyOf(encoder) !== null) return encoder
  return hardwareEncoder(encoder as HardwareFamily, codec)
}
