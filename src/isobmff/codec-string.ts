/** What players are told of a codec (RFC 6381), out of its own configuration and nothing else; of a sound also how many channels. */
import { boxesIn, MalformedError } from './boxes.js'

/** Of bytes of a VisualSampleEntry in front of its boxes, and of an AudioSampleEntry (ISO/IEC 14496-12 §12.1.3, §12.2.3). */
const VISUAL_BYTES = 78
const AUDIO_BYTES = 28

const hex = (value: number) => value.toString(16).toUpperCase()
const twoDigits = (value: number) => `${value}`.padStart(2, '0')

/**
 * Of the entry of a sample table. `format` is its four characters. `channels` null: of a picture, or not told there.
 *
 * @throws MalformedError for codecs that ffleet does not put into fragments.
 */
export function codecOf(format: string, entry: Buffer): { codec: string; channels: number | null } {
  switch (format) {
    case 'avc1': {
      const avcC = configuration(entry, VISUAL_BYTES, 'avcC')
      return picture(`avc1.${avcC.toString('hex', 1, 4).toUpperCase()}`)
    }
    case 'hvc1':
      return picture(`hvc1.${hevcParts(configuration(entry, VISUAL_BYTES, 'hvcC')).join('.')}`)
    case 'av01':
      return picture(`av01.${av1Parts(configuration(entry, VISUAL_BYTES, 'av1C')).join('.')}`)
    case 'vp09':
      return picture(`vp09.${vp9Parts(configuration(entry, VISUAL_BYTES, 'vpcC')).join('.')}`)
    case 'mp4a': {
      const { objectType, channels } = audioConfiguration(configuration(entry, AUDIO_BYTES, 'esds'))
      return { codec: `mp4a.40.${objectType}`, channels }
    }
  }
  throw new MalformedError(`Samples of ${format}.`)
}

const picture = (codec: string) => ({ codec, channels: null })

function configuration(entry: Buffer, fixedBytes: number, type: string): Buffer {
  const found = boxesIn(entry.subarray(fixedBytes)).find((box) => box.type === type)
  // The shortest of them, av1C, has four bytes.
  if (found === undefined || found.body.length < 4) throw new MalformedError(`Samples without ${type}.`)
  return found.body
}

/** ISO/IEC 14496-15 annex E.3: profile, compatibility with its bits turned round, tier and level, constraints without zeroes behind. */
function hevcParts(hvcC: Buffer): string[] {
  const [profile, compatibility, level] = [hvcC.readUInt8(1), hvcC.readUInt32BE(2), hvcC.readUInt8(12)]
  const space = ['', 'A', 'B', 'C'][profile >> 6]
  const tier = (profile & 0x20) === 0 ? 'L' : 'H'
  let turned = 0
  for (let bit = 0; bit < 32; bit++) turned = (turned << 1) | ((compatibility >>> bit) & 1)
  const constraints = [...hvcC.subarray(6, 12)]
  while (constraints.at(-1) === 0) constraints.pop()
  return [`${space}${profile & 0x1f}`, hex(turned >>> 0), `${tier}${level}`, ...constraints.map(hex)]
}

/** AV1 in ISOBMFF §5: profile, level and tier, bits a sample. */
function av1Parts(av1C: Buffer): string[] {
  const [first, second] = [av1C.readUInt8(1), av1C.readUInt8(2)]
  const bits = (second & 0x40) === 0 ? 8 : (second & 0x20) === 0 ? 10 : 12
  return [`${first >> 5}`, `${twoDigits(first & 0x1f)}${(second & 0x80) === 0 ? 'M' : 'H'}`, twoDigits(bits)]
}

/** VP Codec ISO Media File Format Binding §"Codecs Parameter String": profile, level, bits a sample; behind version and flags. */
function vp9Parts(vpcC: Buffer): string[] {
  return [vpcC.readUInt8(4), vpcC.readUInt8(5), vpcC.readUInt8(6) >> 4].map(twoDigits)
}

/**
 * ISO/IEC 14496-1 §7.2.6: descriptors in one another, the last of which is AudioSpecificConfig (14496-3 §1.6.2.1). The entry around it
 * says 2 channels whatever there are.
 */
function audioConfiguration(esds: Buffer): { objectType: number; channels: number | null } {
  const DECODER_SPECIFIC = 5
  const ANY_RATE = 15
  // Version and flags; then descriptors, whose first fields have these lengths.
  const fixed: Record<number, number> = { 3: 3, 4: 13 }
  for (let at = 4; at < esds.length; ) {
    const tag = esds.readUInt8(at++)
    while (at < esds.length && (esds.readUInt8(at) & 0x80) !== 0) at++
    at++
    if (tag === DECODER_SPECIFIC && at + 1 < esds.length) {
      const bits = esds.readUInt16BE(at)
      const isToldByIndex = ((bits >> 7) & 0xf) !== ANY_RATE
      const layout = (bits >> 3) & 0xf
      return { objectType: bits >> 11, channels: isToldByIndex && layout > 0 ? (layout === 7 ? 8 : layout) : null }
    }
    at += fixed[tag] ?? esds.length
  }
  throw new MalformedError('Sound without the configuration of its decoder.')
}
