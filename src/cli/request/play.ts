/** How an input is played, where it is not taken as it is. */

import type { InputEdits, SubtitleFileRequest } from '../../contract/index.js'
import { MAX_INPUTS } from '../../contract/input.js'
import { UsageError } from '../exit.js'
import { type Arguments, integerOf, secondsOf, valuesOf } from './arguments.js'

export const PLAY_OPTIONS = {
  speed: { type: 'string', valueHint: 'FACTOR', description: 'Play the input faster or slower, 0.25 to 4' },
  'fade-in': { type: 'string', valueHint: 'SECONDS', description: 'Come out of black and silence' },
  'fade-out': { type: 'string', valueHint: 'SECONDS', description: 'Go into black and silence' },
  crossfade: {
    type: 'string',
    valueHint: 'SECONDS',
    description: 'With --join: fade each input in over the end of the one before',
  },
  loop: { type: 'string', valueHint: 'N', description: `Play the input so often, up to ${MAX_INPUTS}` },
  show: { type: 'string', valueHint: 'SECONDS', description: 'How long a still picture is shown' },
  soundtrack: { type: 'string', valueHint: 'PATH', description: 'A file whose sound takes the place of the own one' },
  'subtitle-file': {
    type: 'string',
    valueHint: 'PATH[:LANG]',
    description: 'SubRip, WebVTT or ASS beside the input, such as film.srt:eng; may be given again',
  },
} as const

type PlayArgs = { [name in keyof typeof PLAY_OPTIONS]?: string | undefined }

type Played = { [P in keyof InputEdits]: InputEdits[P] | undefined } & { subtitles: SubtitleFileRequest[] | undefined }

/** @throws UsageError. */
export function playOf(args: PlayArgs, read: Arguments): Played {
  const files = valuesOf(read, 'subtitle-file').map(subtitleFile)
  return {
    speed: factorOf(args.speed),
    fadeInMs: secondsOf(args['fade-in'], '--fade-in'),
    fadeOutMs: secondsOf(args['fade-out'], '--fade-out'),
    crossfadeMs: secondsOf(args.crossfade, '--crossfade'),
    loop: integerOf(args.loop, '--loop', 1, MAX_INPUTS),
    durationMs: secondsOf(args.show, '--show'),
    soundtrack: args.soundtrack,
    subtitles: files.length > 0 ? files : undefined,
  }
}

/** What stands behind the last colon is a language where it may be one. */
function subtitleFile(text: string): SubtitleFileRequest {
  const [, uri, language] = /^(.+):([a-z]{3})$/.exec(text) ?? []
  return uri === undefined ? { uri: text } : { uri, language: language! }
}

function factorOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const factor = Number(text)
  if (text.trim() !== '' && factor >= 0.25 && factor <= 4) return factor
  throw new UsageError(`--speed takes a number from 0.25 to 4, not "${text}".`)
}
