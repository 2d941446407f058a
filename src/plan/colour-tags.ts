import type { ProbeStream } from '../contract/index.js'
import type { Size } from './size.js'

type Colours = Pick<ProbeStream, 'primaries' | 'transfer' | 'matrix'>

/** What ffmpeg's options call colours, by the names that it gives them in a probe. What stands in none is not told on. */
const OPTION_NAMES = {
  primaries: namesOf('bt709 bt470m bt470bg smpte170m smpte240m film bt2020 smpte432'),
  transfer: namesOf(
    'bt709 bt470m=gamma22 bt470bg=gamma28 smpte170m smpte240m linear iec61966-2-1 bt2020-10 bt2020-12 smpte2084 arib-std-b67',
  ),
  matrix: namesOf('bt709 fcc bt470bg smpte170m smpte240m bt2020nc bt2020c'),
} as const

function namesOf(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split(' ').map((pair) => {
      const [name, option = name] = pair.split('=') as [string, string?]
      return [name, option]
    }),
  )
}

/** Options of an encoder that say what the values of its pictures mean. */
export function colourTags({ primaries, transfer, matrix }: Colours): string[] {
  const option = (name: string, value: string | undefined) => (value === undefined ? [] : [name, value])
  return [
    ...option('-color_primaries', OPTION_NAMES.primaries.get(primaries ?? '')),
    ...option('-color_trc', OPTION_NAMES.transfer.get(transfer ?? '')),
    ...option('-colorspace', OPTION_NAMES.matrix.get(matrix ?? '')),
  ]
}

/** What `scale` calls a matrix; null where the stream tells none that it knows. */
const SWSCALE_NAMES = new Map([
  ['bt709', 'bt709'],
  ['bt470bg', 'bt601'],
  ['smpte170m', 'bt601'],
  ['smpte240m', 'smpte240m'],
  ['fcc', 'fcc'],
  ['bt2020nc', 'bt2020'],
  ['bt2020c', 'bt2020'],
])

export function swscaleMatrix({ matrix }: Pick<ProbeStream, 'matrix'>): string | null {
  return SWSCALE_NAMES.get(matrix ?? '') ?? null
}

/** From which size on players take colours for those of BT.709 where nothing is said. */
export function isHighDefinition({ width, height }: Size): boolean {
  return Math.max(width, height) >= 1_280 || Math.min(width, height) > 576
}

/** Values are red, green and blue: the matrix is chosen where they become others. */
export function isRgb({ pixelFormat, matrix }: Pick<ProbeStream, 'pixelFormat' | 'matrix'>): boolean {
  return matrix === 'gbr' || matrix === 'rgb' || /^(rgb|bgr|gbr|argb|abgr|0rgb|0bgr|pal8)/.test(pixelFormat ?? '')
}
