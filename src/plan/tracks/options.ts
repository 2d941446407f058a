import type { Preset, ProbeStream } from '../../contract/index.js'
import type { PlanInput, SubtitleFile } from '../types.js'
import type { Carried } from './index.js'

/** Where nothing is said of any flag, ffmpeg (and from 4.3 to 4.4 the muxer by itself) marks the first of several subtitles as default, which players then show unasked. */
const KEEP_FLAGS = ['-disposition:v:0', 'default']

/** What ffmpeg is told of an output's tracks beside the codecs of picture and sound. */
export function trackOptions(
  { container, hasVideo }: { container: Preset['container']; hasVideo: boolean },
  tracks: Carried,
  { major, minor }: Pick<PlanInput['capabilities'], 'major' | 'minor'>,
): string[] {
  const isMatroska = container === 'mkv' || container === 'webm'
  const { audios, subtitles, attachments } = tracks
  const isFlagged = subtitles.some(({ beside }) => beside !== undefined)
  return [
    ...(hasVideo && (isFlagged || Math.max(audios.length, subtitles.length) > 1) ? KEEP_FLAGS : []),
    ...(isMatroska && major === 4 && minor >= 3 ? ['-default_mode', 'passthrough'] : []),
    ...defaultAudio(tracks),
    ...subtitles.flatMap(({ specifier, options }, n) => [
      ...['-map', specifier],
      ...Object.entries(options).flatMap(([option, value]) => [`${option}:s:${n}`, value]),
    ]),
    ...subtitles.flatMap(({ beside }, n) => (beside ? describedAs(beside, n) : [])),
    ...(attachments ? ['-map', '0:t', '-c:t', 'copy'] : []),
    ...(container === 'mov' ? [...quickTimeLanguages('a', audios), ...quickTimeLanguages('s', subtitles)] : []),
  ]
}

/** What nobody but the request tells of a file of subtitles. */
function describedAs({ stream, title, isForced }: SubtitleFile, n: number): string[] {
  const flags = [...(stream.isDefault ? ['default'] : []), ...(isForced ? ['forced'] : [])]
  const tags = [
    ...(stream.language === null ? [] : [`language=${stream.language}`]),
    // An MP4 has the one, all others the other.
    ...(title === null ? [] : [`title=${title}`, `handler_name=${title}`]),
  ]
  return [
    ...[`-disposition:s:${n}`, flags.length > 0 ? flags.join('+') : '0'],
    ...tags.flatMap((tag) => [`-metadata:s:s:${n}`, tag]),
  ]
}

/** Copied, and marked as what it is; `before`: how many pictures the output has already. */
export function coverOptions({ cover }: Pick<Carried, 'cover'>, before: number): string[] {
  if (cover === null) return []
  return ['-map', cover.specifier, `-c:v:${before}`, 'copy', `-disposition:v:${before}`, 'attached_pic']
}

/** Players begin with the one that is marked, which is the one that was named first. */
function defaultAudio({ audios, isOrdered }: Carried): string[] {
  if (!isOrdered || audios.length < 2) return []
  return audios.flatMap(({ stream }, n) => {
    if (n === 0) return ['-disposition:a:0', 'default']
    return stream.isDefault ? [`-disposition:a:${n}`, '0'] : []
  })
}

/** Languages whose other name (ISO 639-2/B or /T) is the one that ffmpeg writes into a MOV (libavformat/isom.c); it leaves this one out. */
const QUICKTIME = new Map(
  (
    'fre:fra deu:ger nld:dut swe:sve ell:gre isl:ice zho:chi fas:per sqi:alb rum:ron cze:ces slo:slk mkd:mac kat:geo ' +
    'hye:arm mya:bur bod:tib msa:may eus:baq'
  )
    .split(' ')
    .map((pair) => pair.split(':') as [string, string]),
)

function quickTimeLanguages(type: 'a' | 's', tracks: readonly { stream: ProbeStream }[]): string[] {
  return tracks.flatMap(({ stream }, n) => {
    const name = QUICKTIME.get(stream.language ?? '')
    return name === undefined ? [] : [`-metadata:s:${type}:${n}`, `language=${name}`]
  })
}
