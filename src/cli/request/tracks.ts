/** The container, the format and the tracks of an output as options. */
import { CHOSEN_CONTAINERS, type ChosenContainer } from '../../contract/preset.js'
import { PICTURE_FORMATS, type PictureFormat } from '../../contract/stills.js'
import type { Tracks } from '../../contract/tracks.js'
import { UsageError } from '../exit.js'

export type TrackChoices = { container?: ChosenContainer; format?: PictureFormat; tracks?: Tracks }

const KEEP = ['keep', 'none'] as const
const WORDS = { 'audio-tracks': ['first', 'all'], subtitles: ['keep', 'burn', 'none'] } as const
const FIELDS = { 'audio-tracks': 'audio', subtitles: 'subtitles' } as const

const keepOrNone = (description: string) => ({
  type: 'enum' as const,
  options: [...KEEP] as (typeof KEEP)[number][],
  description,
})

/** For the arguments of a command. */
export const TRACK_OPTIONS = {
  container: {
    type: 'enum',
    options: [...CHOSEN_CONTAINERS] as ChosenContainer[],
    description: "Of a film or subtitles; default is what the output's extension says, else the preset's",
  },
  format: {
    type: 'enum',
    options: [...PICTURE_FORMATS] as PictureFormat[],
    description: "Of pictures; default is what the output's extension says, else the preset's",
  },
  'audio-tracks': {
    type: 'string',
    valueHint: 'WHICH',
    description: 'first, all, languages such as eng,jpn, or indexes as probe shows them, such as 1,2',
  },
  subtitles: {
    type: 'string',
    valueHint: 'WHICH',
    description: 'keep, burn, none, languages such as eng,jpn, or indexes; burn:eng or burn:3 draws that one',
  },
  chapters: {
    type: 'enum',
    options: ['keep', 'none', 'inputs'] as NonNullable<Tracks['chapters']>[],
    description: 'Of the input: keep or none; inputs: one for each that is joined',
  },
  attachments: keepOrNone('Fonts and such, for an MKV: keep or none'),
  metadata: keepOrNone('Title, artist and such: keep or none'),
} as const

export function isTrackOption(name: string): name is keyof typeof TRACK_OPTIONS {
  return name in TRACK_OPTIONS
}

/** @throws UsageError that names the option where the text is no value of it. */
export function trackChoiceOf(name: keyof typeof TRACK_OPTIONS, text: string): TrackChoices {
  if (name === 'audio-tracks' || name === 'subtitles') return { tracks: { [FIELDS[name]]: which(name, text) } }
  const options: readonly string[] = TRACK_OPTIONS[name].options
  if (!options.includes(text)) throw new UsageError(`--${name} takes ${options.join(', ')}, not "${text}".`)
  if (name === 'format') return { format: text as PictureFormat }
  return name === 'container' ? { container: text as ChosenContainer } : { tracks: { [name]: text } }
}

type Which = string | string[] | { index: number[] } | { burn: string | { index: number } }

function which(name: keyof typeof WORDS, text: string): Which {
  const words: readonly string[] = WORDS[name]
  if (words.includes(text)) return text
  const [, burnt] = (name === 'subtitles' && /^burn:(\d{1,3}|[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)$/.exec(text)) || []
  if (burnt !== undefined) return { burn: /^\d/.test(burnt) ? { index: Number(burnt) } : burnt }
  const parts = text.split(',')
  if (parts.every((part) => /^\d{1,3}$/.test(part))) return { index: parts.map(Number) }
  if (parts.every((part) => /^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(part))) return parts
  throw new UsageError(
    `--${name} takes ${words.join(', ')}, languages such as eng,jpn or indexes such as 1,2, not "${text}".`,
  )
}
