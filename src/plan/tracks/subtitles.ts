/** Which subtitles an output carries, and what each becomes. */
import {
  FfleetError,
  type FilmContainer,
  type LadderFormat,
  type OutputWarning,
  type Preset,
  type Tracks,
} from '../../contract/index.js'
import type { Selected } from '../select-streams.js'
import { besideSpecifier } from '../source.js'
import type { SubtitleFile } from '../types.js'
import { indexes, named, ofType, type TrackContext } from './named.js'

/** `options` of ffmpeg for this one: `-c` and what it needs besides; `beside`: the file that it is of. */
export type CarriedSubtitle = Selected & { options: Record<string, string>; beside?: SubtitleFile }

const set = (names: string) => new Set(names.split(' '))
/** Subtitles of text, each of which can be made of any other. */
export const TEXT = set('subrip ass ssa mov_text webvtt text')
type Holder = FilmContainer | LadderFormat
const WEB = { held: set('webvtt'), encoder: 'webvtt' }
/** What is copied, and the encoder that makes the container's own form of text. */
const FORMS: Record<Holder, { held: ReadonlySet<string>; encoder: string }> = {
  mp4: { held: set('mov_text'), encoder: 'mov_text' },
  mov: { held: set('mov_text'), encoder: 'mov_text' },
  webm: WEB,
  mkv: { held: set('subrip ass ssa hdmv_pgs_subtitle dvd_subtitle dvb_subtitle'), encoder: 'srt' },
  hls: WEB,
  dash: WEB,
  cmaf: WEB,
}

/** Throws `TRACK_NOT_FOUND`, and `CODEC_NOT_ALLOWED` where the container holds none of those that are named. */
export function chosenSubtitles(
  choice: Required<Tracks>['subtitles'],
  container: Preset['container'],
  context: TrackContext,
  warnings: OutputWarning[],
): CarriedSubtitle[] {
  if (choice === 'none' || choice === 'burn' || (typeof choice === 'object' && 'burn' in choice)) return []
  const { probe, beside = [] } = context.input
  const all = ofType(probe, 'subtitle')
  const streams = choice === 'keep' ? all : named(choice, 'subtitles', all, warnings)
  const carried = streams.flatMap((stream): CarriedSubtitle[] => {
    const n = beside.findIndex((file) => file.stream.index === stream.index)
    if (n >= 0) {
      const options = formOfFile(stream.codec, container as Holder)
      return [{ stream, specifier: besideSpecifier(n), options, beside: beside[n]! }]
    }
    const options = stream.encrypted ? null : formOf(stream.codec, container as Holder, context)
    return options === null ? [] : [{ stream, specifier: `0:s:${all.indexOf(stream)}`, options }]
  })
  if (choice === 'keep' || carried.length > 0) return carried
  const codecs = [...new Set(streams.map(({ codec }) => codec ?? 'unknown'))].join(', ')
  const detail = `Subtitles ${indexes(streams)} of the input are ${codecs}, which does not go into ${container} here.`
  const isHeldByMkv = FORMS.mkv.held.has(streams[0]!.codec ?? '')
  throw new FfleetError('CODEC_NOT_ALLOWED', detail, isHeldByMkv ? { hint: 'Ask for the container mkv.' } : {})
}

/** It is text of the range already. */
function formOfFile(codec: string | null, container: Holder): Record<string, string> {
  const { held, encoder } = FORMS[container]
  return { '-c': held.has(codec ?? '') ? 'copy' : encoder }
}

/**
 * Null where the container does not hold them in any form. A range begins with the first subtitle that begins in it: one
 * from before would stand in front of everything, and move all that follows. An empty one ends a WebM for its readers.
 */
function formOf(
  codec: string | null,
  container: Holder,
  { input, range }: TrackContext,
): Record<string, string> | null {
  const { held, encoder } = FORMS[container]
  if (codec === null || !(held.has(codec) || TEXT.has(codec))) return null
  const isCopied = held.has(codec)
  const unwanted = [...(range.startUs > 0 ? ['lt(pts,0)'] : []), ...(isCopied ? [] : ['eq(size,0)'])].join('+')
  if (unwanted === '') return { '-c': 'copy' }
  // Before 5.0 a filter of packets can not be told which.
  if (input.capabilities.major < 5) {
    if (isCopied) return { '-c': 'copy', '-copypriorss': '0' }
    return range.startUs > 0 ? null : { '-c': encoder }
  }
  return { '-c': isCopied ? 'copy' : encoder, '-bsf': `noise=drop=${unwanted.replaceAll(',', '\\,')}` }
}
