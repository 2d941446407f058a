/** Light of a white wall in a picture of high dynamic range, in cd/m² (ITU-R BT.2408): white at its brightest would dazzle. */
export const WHITE_NITS = 203
/** Of the display that HLG is defined for (ITU-R BT.2100). */
const HLG_PEAK_NITS = 1_000

type Rgb = [number, number, number]

/** From BT.709 to BT.2020 primaries, in linear light (ITU-R BT.2087). */
const TO_BT2020 = [
  [0.6274, 0.3293, 0.0433],
  [0.0691, 0.9195, 0.0114],
  [0.0164, 0.088, 0.8956],
] as const

/** A colour of sRGB, 0 to 255 each, as a picture in PQ or HLG has it, with white as bright as a white wall there. */
export function inHighRange(rgb: Rgb, transfer: string): Rgb {
  const linear = rgb.map((value) => linearOf(value / 255)) as Rgb
  const wide = TO_BT2020.map(([r, g, b]) => r * linear[0] + g * linear[1] + b * linear[2]) as Rgb
  const encode = transfer === 'smpte2084' ? pq : hlg
  return wide.map((light) => Math.round(255 * encode(Math.min(1, light) * WHITE_NITS))) as Rgb
}

/** IEC 61966-2-1. */
function linearOf(value: number): number {
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
}

/** SMPTE ST 2084. */
function pq(nits: number): number {
  const light = (nits / 10_000) ** 0.1593017578125
  return ((0.8359375 + 18.8515625 * light) / (1 + 18.6875 * light)) ** 78.84375
}

/** ARIB STD-B67, without the surround that a display adds: white comes to three quarters. */
function hlg(nits: number): number {
  const light = (nits / HLG_PEAK_NITS) ** (1 / 1.2)
  return light <= 1 / 12 ? Math.sqrt(3 * light) : 0.17883277 * Math.log(12 * light - 0.28466892) + 0.55991073
}
