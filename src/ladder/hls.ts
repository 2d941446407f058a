/** Playlists of HLS (RFC 8216, and what draft-pantos-hls-rfc8216bis adds), version 7: fragments of MP4. */
import {
  bandwidthOf,
  frameRateOf,
  HEADER_NAME,
  type LadderFacts,
  type PictureTrack,
  type SoundTrack,
  type SubtitleTrack,
  seconds,
  segmentName,
  type Track,
  targetDuration,
} from './facts.js'
import { languageName, languageTag } from './languages.js'

export const MASTER_NAME = 'master.m3u8'
export const MEDIA_NAME = 'index.m3u8'
export const KEY_FRAMES_NAME = 'iframes.m3u8'

/** A player that knows nothing of its network yet begins with the first of the list: about what Apple asks for there. */
const FIRST_BITS = 2_000_000

const SOUNDS = 'audio'
const SUBTITLES = 'subtitles'

/**
 * `isEarly`: of a ladder that is still encoded, which is played from its beginning, and has no lists of key frames yet. `keyUri` null:
 * nothing is encrypted. Parts of what is encrypted whole can not be read, so it has no lists of key frames.
 */
export function masterPlaylist(
  { pictures, sounds, subtitles }: LadderFacts,
  { isEarly = false, keyUri = null }: { isEarly?: boolean; keyUri?: string | null } = {},
): string {
  const heard = sounds.map((sound) => bandwidthOf(sound))
  const heaviest = {
    peak: Math.max(0, ...heard.map(({ peak }) => peak)),
    average: Math.max(0, ...heard.map(({ average }) => average)),
  }
  const variants = pictures.map((track) => {
    const own = bandwidthOf(track)
    return { track, peak: own.peak + heaviest.peak, average: own.average + heaviest.average }
  })
  const first = variants.filter(({ peak }) => peak <= FIRST_BITS)[0] ?? variants.at(-1)
  const codecsOfSounds = [...new Set(sounds.map(({ header }) => header.codec))]
  const sorted = variants.toSorted((a, b) => Number(b === first) - Number(a === first))
  return lines(
    ...['#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-INDEPENDENT-SEGMENTS'],
    ...(isEarly ? ['#EXT-X-START:TIME-OFFSET=0'] : []),
    '',
    ...sounds.map((sound, n) =>
      media('AUDIO', SOUNDS, sound, nameOf(sounds, n), [`CHANNELS="${sound.header.channels}"`]),
    ),
    ...subtitles.map((track, n) =>
      media('SUBTITLES', SUBTITLES, track, nameOf(subtitles, n), [`FORCED=${yes(track.isForced)}`]),
    ),
    ...sorted.flatMap(({ track, peak, average }) => [
      `#EXT-X-STREAM-INF:${[
        `BANDWIDTH=${peak}`,
        `AVERAGE-BANDWIDTH=${average}`,
        `CODECS="${[track.header.codec, ...codecsOfSounds].join(',')}"`,
        ...looks(track),
        `FRAME-RATE=${rateText(track)}`,
        'CLOSED-CAPTIONS=NONE',
        ...(sounds.length > 0 ? [`AUDIO="${SOUNDS}"`] : []),
        ...(subtitles.length > 0 ? [`SUBTITLES="${SUBTITLES}"`] : []),
      ].join(',')}`,
      `${track.name}/${MEDIA_NAME}`,
    ]),
    ...(isEarly || keyUri !== null ? [] : pictures).map((track) => {
      const { peak, average } = bandwidthOf(track, ({ keyBytes }) => keyBytes)
      const attributes = [`BANDWIDTH=${peak}`, `AVERAGE-BANDWIDTH=${average}`, `CODECS="${track.header.codec}"`]
      const uri = `URI="${track.name}/${KEY_FRAMES_NAME}"`
      return `#EXT-X-I-FRAME-STREAM-INF:${[...attributes, ...looks(track), uri].join(',')}`
    }),
  )
}

type MediaOptions = {
  /** A folder; default: that of the playlist. */
  segmentsIn?: string | null
  /** Default: nothing is encrypted. */
  keyUri?: string | null
  /** The first segment, counted from 0. */
  from?: number
  /** More follow, none of which lasts longer than so many whole seconds; left out: it is all. */
  openUntil?: number
}

/** Of a rung or a sound. */
export function mediaPlaylist(
  track: Track,
  { segmentsIn = null, keyUri = null, from = 0, openUntil }: MediaOptions = {},
): string {
  const at = (name: string) => (segmentsIn === null ? name : `${segmentsIn}/${name}`)
  const durations = track.segments.map(({ duration }) => seconds(track, duration))
  return lines(
    ...(openUntil === undefined ? head(durations) : headOf(openUntil, 'EVENT')),
    '#EXT-X-INDEPENDENT-SEGMENTS',
    `#EXT-X-MAP:URI="${at(HEADER_NAME)}"`,
    // Behind what is read first, which so is not encrypted.
    ...(keyUri === null ? [] : [`#EXT-X-KEY:METHOD=AES-128,URI="${keyUri}"`]),
    ...durations.flatMap((duration, i) => [extinf(duration), at(segmentName(from + i, 'm4s'))]),
    ...(openUntil === undefined ? ['#EXT-X-ENDLIST'] : []),
  )
}

/** Its key frames, where they lie in the segments: for going through it fast, and for the picture while one seeks. */
export function keyFramePlaylist(track: PictureTrack): string {
  const durations = track.segments.map(({ duration }) => seconds(track, duration))
  return lines(
    ...head(durations),
    '#EXT-X-I-FRAMES-ONLY',
    `#EXT-X-MAP:URI="${HEADER_NAME}"`,
    ...track.segments.flatMap(({ keyBytes }, i) => [
      ...[extinf(durations[i]!), `#EXT-X-BYTERANGE:${keyBytes}@0`, segmentName(i, 'm4s')],
    ]),
    '#EXT-X-ENDLIST',
  )
}

export function subtitlePlaylist({ segments }: SubtitleTrack): string {
  const durations = segments.map(({ duration }) => duration)
  return lines(
    ...head(durations),
    ...durations.flatMap((duration, i) => [extinf(duration), segmentName(i, 'vtt')]),
    '#EXT-X-ENDLIST',
  )
}

function head(durations: readonly number[]): string[] {
  return headOf(targetDuration(durations), 'VOD')
}

function headOf(target: number, type: 'VOD' | 'EVENT'): string[] {
  return ['#EXTM3U', '#EXT-X-VERSION:7', `#EXT-X-TARGETDURATION:${target}`, `#EXT-X-PLAYLIST-TYPE:${type}`]
}

const extinf = (duration: number) => `#EXTINF:${duration.toFixed(6)},`
const yes = (is: boolean) => (is ? 'YES' : 'NO')

function media(
  type: 'AUDIO' | 'SUBTITLES',
  group: string,
  track: SoundTrack | SubtitleTrack,
  name: string,
  more: readonly string[],
): string {
  const tag = languageTag(track.language)
  return `#EXT-X-MEDIA:${[
    ...[`TYPE=${type}`, `GROUP-ID="${group}"`, `NAME="${name}"`],
    ...(tag === null ? [] : [`LANGUAGE="${tag}"`]),
    ...[`DEFAULT=${yes(track.isDefault)}`, 'AUTOSELECT=YES', ...more, `URI="${track.name}/${MEDIA_NAME}"`],
  ].join(',')}`
}

/** The title that the input has for it, or its language; numbered where another one before it has the same, for they must differ. */
function nameOf(tracks: readonly (SoundTrack | SubtitleTrack)[], n: number): string {
  const names = tracks.map(({ title, language, name }) => {
    const tag = languageTag(language)
    const said = title ?? (tag === null ? name : languageName(tag))
    // Neither may stand in a quoted string.
    return said.replaceAll(/["\r\n]+/g, ' ').trim() || name
  })
  const same = names.slice(0, n).filter((each) => each === names[n]).length
  return same === 0 ? names[n]! : `${names[n]} ${same + 1}`
}

function looks({ header, range }: PictureTrack): string[] {
  const { width, height } = header.size!
  return [`RESOLUTION=${width}x${height}`, `VIDEO-RANGE=${range}`]
}

function rateText(track: Track): string {
  const { numerator, denominator } = frameRateOf(track)
  return (numerator / denominator).toFixed(3)
}

function lines(...texts: readonly string[]): string {
  return `${texts.join('\n')}\n`
}
