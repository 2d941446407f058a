/**
 * Whether H.264 may be interlaced, from its avcC record (ISO/IEC 14496-15 §5.3.3): true when a sequence parameter set
 * allows fields (`frame_mbs_only_flag` 0, ITU-T H.264 §7.3.2.1.1) or can't be read. mediabunny does not tell; without
 * this, deinterlacing would be left out. Never throws.
 */
export function avcMayBeInterlaced(record: Uint8Array): boolean {
  const count = (record[5] ?? 0) & 0x1f
  if (count === 0) return true
  let at = 6
  for (let i = 0; i < count; i++) {
    const length = ((record[at] ?? 0) << 8) | (record[at + 1] ?? 0)
    const frameOnly = frameMbsOnly(record.subarray(at + 2, at + 2 + length))
    if (frameOnly !== true) return true
    at += 2 + length
  }
  return false
}

/** Profiles whose parameter sets carry chroma format and scaling lists. */
const HIGH_PROFILES = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135])

function frameMbsOnly(nal: Uint8Array): boolean | null {
  if (((nal[0] ?? 0) & 0x1f) !== 7) return null
  const bits = new Bits(withoutEmulationPrevention(nal.subarray(1)))
  const profile = bits.read(8)
  bits.read(16)
  bits.exp() // seq_parameter_set_id
  if (HIGH_PROFILES.has(profile)) {
    const chroma = bits.exp()
    if (chroma === 3) bits.read(1)
    bits.exp()
    bits.exp()
    bits.read(1)
    if (bits.read(1) === 1) for (let i = 0; i < (chroma === 3 ? 12 : 8); i++) skipScalingList(bits, i < 6 ? 16 : 64)
  }
  bits.exp() // log2_max_frame_num_minus4
  const orderType = bits.exp()
  if (orderType === 0) bits.exp()
  if (orderType === 1) {
    bits.read(1)
    bits.exp()
    bits.exp()
    const cycle = bits.exp()
    if (cycle > 255) return null
    for (let i = 0; i < cycle; i++) bits.exp()
  }
  bits.exp() // max_num_ref_frames
  bits.read(1)
  bits.exp() // pic_width_in_mbs_minus1
  bits.exp() // pic_height_in_map_units_minus1
  const flag = bits.read(1)
  return bits.overrun ? null : flag === 1
}

function skipScalingList(bits: Bits, size: number): void {
  if (bits.read(1) === 0) return
  let last = 8
  let next = 8
  for (let i = 0; i < size; i++) {
    if (next !== 0) next = (last + bits.signedExp() + 256) % 256
    last = next === 0 ? last : next
  }
}

function withoutEmulationPrevention(bytes: Uint8Array): Uint8Array {
  return bytes.filter((byte, i) => !(byte === 3 && bytes[i - 1] === 0 && bytes[i - 2] === 0))
}

class Bits {
  #at = 0
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get overrun(): boolean {
    return this.#at > this.#bytes.length * 8
  }

  read(count: number): number {
    let value = 0
    for (let i = 0; i < count; i++, this.#at++) {
      value = value * 2 + (((this.#bytes[this.#at >> 3] ?? 0) >> (7 - (this.#at & 7))) & 1)
    }
    return value
  }

  /** Exp-Golomb, §9.1. */
  exp(): number {
    let zeros = 0
    while (zeros < 32 && !this.overrun && this.read(1) === 0) zeros++
    return 2 ** zeros - 1 + this.read(zeros)
  }

  signedExp(): number {
    const code = this.exp()
    return code % 2 === 1 ? (code + 1) / 2 : -code / 2
  }
}
