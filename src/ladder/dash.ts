/** The manifest of DASH (ISO/IEC 23009-1): segments that are numbered, their times in a timeline. */
import {
  bandwidthOf,
  durationOf,
  frameRateOf,
  HEADER_NAME,
  type LadderFacts,
  type PictureTrack,
  type Segment,
  type SoundTrack,
  type SubtitleTrack,
  seconds,
  type Track,
  WHOLE_SUBTITLES_NAME,
} from './facts.js'
import { languageTag } from './languages.js'

export const MANIFEST_NAME = 'manifest.mpd'

const ROLE = 'urn:mpeg:dash:role:2011'
const CHANNELS = 'urn:mpeg:dash:23003:3:audio_channel_configuration:2011'

type Attributes = Record<string, string | number | boolean | null>

export function manifest({ pictures, sounds, subtitles }: LadderFacts): string {
  const ends = [...pictures, ...sounds].map((track) => seconds(track, track.segments[0]!.start) + durationOf(track))
  const longest = Math.max(
    ...pictures.flatMap((track) => track.segments.map(({ duration }) => seconds(track, duration))),
  )
  const codecs = [...new Set(pictures.map(({ header }) => header.codec.split('.')[0]))]
  const sets = [
    ...codecs.map((codec) => pictureSet(pictures.filter(({ header }) => header.codec.split('.')[0] === codec))),
    ...sounds.map(soundSet),
    ...subtitles.map(subtitleSet),
  ]
  const period = element(
    'Period',
    { id: '0', start: 'PT0S' },
    sets.map((set, id) => set(id)),
  )
  const mpd = element(
    'MPD',
    {
      xmlns: 'urn:mpeg:dash:schema:mpd:2011',
      profiles: 'urn:mpeg:dash:profile:isoff-live:2011',
      type: 'static',
      mediaPresentationDuration: isoDuration(Math.max(...ends)),
      minBufferTime: isoDuration(longest),
    },
    [period],
  )
  return `<?xml version="1.0" encoding="UTF-8"?>\n${mpd}\n`
}

type AdaptationSet = (id: number) => string

function pictureSet(tracks: readonly PictureTrack[]): AdaptationSet {
  const sizes = tracks.map(({ header }) => header.size!)
  const attributes = {
    contentType: 'video',
    mimeType: 'video/mp4',
    segmentAlignment: true,
    startWithSAP: 1,
    maxWidth: Math.max(...sizes.map(({ width }) => width)),
    maxHeight: Math.max(...sizes.map(({ height }) => height)),
  }
  return (id) =>
    element(
      'AdaptationSet',
      { id, ...attributes },
      tracks.map((track) => {
        const { numerator, denominator } = frameRateOf(track)
        const { width, height } = track.header.size!
        const frameRate = `${numerator}/${denominator}`
        return representation(track, { width, height, frameRate, sar: '1:1' }, [])
      }),
    )
}

function soundSet(track: SoundTrack): AdaptationSet {
  const { language, isDefault, header } = track
  const channels = element('AudioChannelConfiguration', { schemeIdUri: CHANNELS, value: header.channels }, [])
  return (id) =>
    element(
      'AdaptationSet',
      {
        id,
        lang: languageTag(language),
        contentType: 'audio',
        mimeType: 'audio/mp4',
        segmentAlignment: true,
        startWithSAP: 1,
      },
      [
        ...described(track, isDefault ? 'main' : 'alternate'),
        representation(track, { audioSamplingRate: header.sampleRate }, [channels]),
      ],
    )
}

/** In one file: no player needs more. */
function subtitleSet(track: SubtitleTrack): AdaptationSet {
  const { language, isForced, name, bytes, segments } = track
  const lasts = segments.reduce((sum, { duration }) => sum + duration, 0)
  const file = `${name}/${WHOLE_SUBTITLES_NAME}`
  return (id) =>
    element('AdaptationSet', { id, lang: languageTag(language), contentType: 'text', mimeType: 'text/vtt' }, [
      ...described(track, isForced ? 'forced-subtitle' : 'subtitle'),
      element('Representation', { id: name, bandwidth: Math.max(1, Math.ceil((8 * bytes) / lasts)) }, [
        `<BaseURL>${escaped(file)}</BaseURL>`,
      ]),
    ])
}

function described({ title }: { title: string | null }, role: string): string[] {
  return [
    ...(title === null ? [] : [`<Label>${escaped(title)}</Label>`]),
    element('Role', { schemeIdUri: ROLE, value: role }, []),
  ]
}

function representation(track: Track, attributes: Attributes, children: readonly string[]): string {
  const { name, header, segments } = track
  const template = {
    timescale: header.timescale,
    initialization: `${name}/${HEADER_NAME}`,
    media: `${name}/$Number%05d$.m4s`,
    startNumber: 1,
  }
  return element(
    'Representation',
    { id: name, codecs: header.codec, bandwidth: bandwidthOf(track).peak, ...attributes },
    [...children, element('SegmentTemplate', template, [element('SegmentTimeline', {}, timeline(segments))])],
  )
}

/** Those that last equally long and lie behind one another in one line. */
function timeline(segments: readonly Segment[]): string[] {
  const runs: { t: number; d: number; r: number }[] = []
  for (const { start, duration } of segments) {
    const run = runs.at(-1)
    if (run !== undefined && run.d === duration && run.t + run.d * (run.r + 1) === start) run.r += 1
    else runs.push({ t: start, d: duration, r: 0 })
  }
  return runs.map(({ t, d, r }) => element('S', { t, d, r: r === 0 ? null : r }, []))
}

const isoDuration = (s: number) => `PT${Number(s.toFixed(3))}S`

/** Those that are null are left out. */
function element(name: string, attributes: Attributes, children: readonly string[]): string {
  const said = Object.entries(attributes).filter(([, value]) => value !== null)
  const open = [name, ...said.map(([key, value]) => `${key}="${escaped(`${value}`)}"`)].join(' ')
  if (children.length === 0) return `<${open}/>`
  return [`<${open}>`, ...children.flatMap((child) => child.split('\n')).map((line) => `  ${line}`), `</${name}>`].join(
    '\n',
  )
}

/** Characters that XML does not hold at all are left away. */
function escaped(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll(/\s+/g, ' ')
}
