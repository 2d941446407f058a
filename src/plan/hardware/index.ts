/** Which hardware encoder makes an output, and what ffmpeg is told for it. Devices are the worker's: a plan gets what it may use. */
import {
  FfleetError,
  familyOf,
  HARDWARE_FAMILIES,
  type HardwareCodec,
  hardwareEncoder,
  namedEncoder,
  type Preset,
} from '../../contract/index.js'
import type { Size } from '../size.js'
import { FAMILIES, rateOptions } from './families.js'

type Video = NonNullable<Preset['video']>

/** A hardware encoder that a plan may use. */
export type UsableEncoder = {
  /** By ffmpeg's name. */
  name: string
  /** Whether it takes 10 bits a value. */
  tenBits: boolean
  /** The device node that filters upload to, where there is one. */
  node: string | null
  /** Encoders of one device share its sessions: its name, and how many outputs it may encode at once. */
  device: string
  sessions: number
}

/** What ffmpeg is told to encode with it. */
export type HardwareEncoding = {
  name: string
  device: string
  /** Whether the recipe asked for no other. */
  isNamed: boolean
  /** Of the process, wherever they stand; of the first output that needs them. */
  globalOptions: string[]
  /** Behind all other filters. */
  filters: string[]
  options: string[]
}

/** What of an output decides: only software writes down the display it was graded on. */
type Needs = { size: Size; tenBits: boolean; isHdr: boolean; hasMasteringDisplay: boolean }

/** Sizes that all devices take: with others an output is made in software, rather than tried. */
const LEAST = { width: 192, height: 128 }
const MOST: Record<HardwareCodec, number> = { h264: 4_096, hevc: 8_192, av1: 8_192 }

/** The encoders of one plan: each output that takes one uses up a session. */
export type HardwareChoice = (video: Video, needs: Needs) => HardwareEncoding | null

/**
 * Chooses for the outputs of a plan, one after another; null: software. What a recipe names has its session already.
 *
 * Throws `HARDWARE_FAILED` when a recipe names what can't be used here, and `ENCODER_NOT_AVAILABLE` when it can't hold the colours.
 */
export function chooseHardware(usable: readonly UsableEncoder[]): HardwareChoice {
  const left = new Map(usable.map(({ device, sessions }) => [device, sessions]))
  const opened = new Set<string>()
  const take = (encoder: UsableEncoder, video: Video, how: { tenBits: boolean; isNamed: boolean }) => {
    left.set(encoder.device, left.get(encoder.device)! - 1)
    const encoding = encodingOf(encoder, video, how)
    // All outputs that a device encodes are made by one process.
    const options = encoding.globalOptions.join()
    const isFirst = !opened.has(options)
    opened.add(options)
    return isFirst ? encoding : { ...encoding, globalOptions: [] }
  }
  return (video, needs) => {
    const named = namedEncoder(video)
    if (named !== null) {
      const encoder = usable.find(({ name }) => name === named)
      if (!encoder) throw new FfleetError('HARDWARE_FAILED', `This worker can not encode with ${named} at the moment.`)
      if (needs.isHdr && !encoder.tenBits) throw tooFewBits(named)
      return take(encoder, video, { tenBits: needs.tenBits && encoder.tenBits, isNamed: true })
    }
    if (video.encoder !== 'auto' || video.passes !== 1 || needs.hasMasteringDisplay) return null
    if (!isUsual(needs.size, video.codec as HardwareCodec)) return null
    const names = HARDWARE_FAMILIES.map((family) => hardwareEncoder(family, video.codec))
    const encoder = names
      .flatMap((name) => usable.find((each) => each.name === name) ?? [])
      .find((each) => left.get(each.device)! > 0 && (each.tenBits || !needs.tenBits))
    return encoder ? take(encoder, video, { tenBits: needs.tenBits, isNamed: false }) : null
  }
}

function isUsual({ width, height }: Size, codec: HardwareCodec): boolean {
  return width >= LEAST.width && height >= LEAST.height && Math.max(width, height) <= MOST[codec]
}

/** As in a job, of a picture with 8 or 10 bits a value. */
export function encodingOf(
  { name, device, node }: Pick<UsableEncoder, 'name' | 'device' | 'node'>,
  video: Pick<Video, 'crf' | 'bitrate'>,
  { tenBits, isNamed }: { tenBits: boolean; isNamed: boolean },
): HardwareEncoding {
  const { family, codec } = familyOf(name)!
  const { globalOptions, uploads, options } = FAMILIES[family]
  return {
    name,
    device,
    isNamed,
    globalOptions: globalOptions?.(node) ?? [],
    filters: [`format=${tenBits ? 'p010le' : 'nv12'}`, ...(uploads ? ['hwupload'] : [])],
    options: ['-c:v', name, ...options, ...rateOptions(video, family, codec)],
  }
}

/** Whether a family is known to take 10 bits of this codec, so that it is worth a trial. */
export function mayTakeTenBits(name: string): boolean {
  const { family, codec } = familyOf(name)!
  return codec !== 'h264' && FAMILIES[family].tenBits
}

function tooFewBits(name: string): FfleetError {
  const detail = `The input has high dynamic range, and ${name} of this worker takes 8 bits a value.`
  return new FfleetError('ENCODER_NOT_AVAILABLE', detail, {
    hint: 'Ask for dynamicRange: standard, or for encoder: auto.',
  })
}
