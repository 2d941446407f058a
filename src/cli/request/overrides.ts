/** The typed overrides of a preset as options, derived from the contract: what it gains, the command line gains. */
import { LadderOverrides } from '../../contract/ladder.js'
import { VideoOverrides } from '../../contract/picture.js'
import { AudioOverrides } from '../../contract/sound.js'
import { SpriteOverrides } from '../../contract/stills.js'
import { UsageError } from '../exit.js'
import { bitsOf } from './bits.js'
import { COMPACT_FORMS } from './compact-forms.js'
import type { QualityChoice } from './quality.js'
import type { SplitChoice } from './split.js'
import type { TrackChoices } from './tracks.js'

type Parts = { video?: VideoOverrides; audio?: AudioOverrides; sprites?: SpriteOverrides; ladder?: LadderOverrides }
/** What an output may change of its preset. */
export type Overrides = Parts & QualityChoice & TrackChoices & SplitChoice

type Part = keyof Parts
type Field = {
  type: string
  minimum: number
  maximum: number
  enum?: readonly (string | number)[]
  description?: string
}
type Override = Field & { part: Part; field: string }

const PARTS = {
  video: VideoOverrides.properties,
  audio: AudioOverrides.properties,
  sprites: SpriteOverrides.properties,
  ladder: LadderOverrides.properties,
} as const

/** By the option's name without dashes; a field that video has as well is named after its part. */
export const OVERRIDES: ReadonlyMap<string, Override> = new Map(
  Object.entries(PARTS).flatMap(([part, fields]) =>
    Object.entries(fields).map(([field, schema]): [string, Override] => {
      const name = field.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
      const option = part !== 'video' && field in PARTS.video ? `${part}-${name}` : name
      return [option, { ...(schema as unknown as Field), part: part as Part, field }]
    }),
  ),
)

/** More words than these are listed in the description alone. */
const MOST_IN_HINT = 6

const isBitrate = ({ field }: Override) => field === 'bitrate'

/** For the arguments of a command. */
export const OVERRIDE_OPTIONS = Object.fromEntries(
  [...OVERRIDES].map(([name, override]) => {
    const { part, description = '' } = override
    const said = description.replace(/\.$/, '')
    const text = `Of the ${part}: ${said.charAt(0).toLowerCase()}${said.slice(1)}`
    const { hint, takes } = wordsOf(override)
    const options = override.enum?.map(String)
    return [
      name,
      {
        type: 'string' as const,
        valueHint: hint,
        description: `${text}; ${takes}`,
        ...(options && options.length <= MOST_IN_HINT && { options }),
      },
    ]
  }),
)

/** What stands behind the option in its help, and what it takes. */
function wordsOf(override: Override): { hint: string; takes: string } {
  const { minimum, maximum } = override
  const form = COMPACT_FORMS.get(override.field)
  if (form) return { hint: form.hint, takes: `such as ${form.example}` }
  if (override.enum) return { hint: 'WORD', takes: override.enum.join(', ') }
  return { hint: 'N', takes: `${minimum} to ${maximum}${isBitrate(override) ? ', or as 800k, 2.5M' : ''}` }
}

/** @throws UsageError that names the option where the text is no value of it. */
export function overrideOf(name: string, text: string): Overrides {
  const override = OVERRIDES.get(name)!
  const { part, field, type, minimum, maximum } = override
  const compact = COMPACT_FORMS.get(field)
  if (compact) return { [part]: { [field]: compact.read(name, text) } }
  if (override.enum) return { [part]: { [field]: wordOf(name, text, override.enum) } }
  const value = isBitrate(override) ? bitsOf(text) : /^-?\d{1,15}(\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN
  const fits = value >= minimum && value <= maximum && (type !== 'integer' || Number.isInteger(value))
  if (fits) return { [part]: { [field]: value } }
  const what = type === 'integer' ? 'a whole number' : 'a number'
  const form = isBitrate(override) ? 'bits per second, such as 800k or 2.5M,' : what
  throw new UsageError(`--${name} takes ${form} from ${minimum} to ${maximum}, not "${text}".`)
}

function wordOf(name: string, text: string, words: readonly (string | number)[]): string | number {
  const word = words.find((each) => String(each) === text)
  if (word !== undefined) return word
  throw new UsageError(`--${name} takes ${words.join(', ')}, not "${text}".`)
}

/** Later ones win. */
export function mergeOverrides(all: readonly Overrides[]): Overrides {
  const merged: Overrides = {}
  for (const { container, format, quality, split, tracks, video, audio, sprites, ladder } of all) {
    if (container) merged.container = container
    if (format) merged.format = format
    if (quality) merged.quality = quality
    if (split) merged.split = split
    if (tracks) merged.tracks = { ...merged.tracks, ...tracks }
    if (video) merged.video = { ...merged.video, ...video }
    if (audio) merged.audio = { ...merged.audio, ...audio }
    if (sprites) merged.sprites = { ...merged.sprites, ...sprites }
    if (ladder) merged.ladder = { ...merged.ladder, ...ladder }
  }
  return merged
}
