/** Several clips after one another, or one that is changed on its way, as if they were one file. */
import type { OutputWarning, ProbeStream } from '../../contract/index.js'
import { distinctWarnings } from '../distinct-warnings.js'
import { openInput } from '../open-input.js'
import { inputRange, type Range, rangeOptions, readRange, trimFilters, WHOLE } from '../range.js'
import type { Selection } from '../select-streams.js'
import { processOptions, type Source } from '../source.js'
import { coversOf } from '../tracks/cover.js'
import { tracksOf } from '../tracks/index.js'
import type { Clip, PlanInput } from '../types.js'
import { chapterFile, chaptersOf, openChapters, withChapters } from './chapters.js'
import { type Opened, type Piece, piecesOf } from './clips.js'
import { exactly, isCrossfaded } from './exact.js'
import { factsOf, saidMs } from './facts.js'
import { type Made, PICTURE, SOUND, type Tap, tap, tapped } from './graph.js'
import { joinChains } from './join.js'
import { lastFrameOptions, lookOf, pictureFilters } from './picture.js'
import { silence, soundFilters, voiceOf } from './sound.js'

/**
 * Each clip is decoded, brought to the frame and colours of the first picture and to the sound they share, and joined; what
 * outputs do comes behind that. All of it is one graph of filters, so a pass decodes once for all of its outputs.
 */
export function sequenceSource(clips: readonly Clip[], input: PlanInput): Source {
  const { capabilities, limits } = input
  const { pieces: played, opened } = piecesOf(clips, input)
  const hasChapters = input.outputs.some(({ recipe }) => tracksOf(recipe).chapters === 'inputs')
  const pieces = hasChapters || isCrossfaded(played) ? exactly(played, capabilities) : played
  const chapters = hasChapters ? chaptersOf(pieces) : []
  const texts = hasChapters ? [chapterFile(pieces, chapters)] : []
  const pictures = pieces.flatMap(({ video }) => (video === null ? [] : [video]))
  const sounds = pieces.flatMap(({ audio }) => (audio === null ? [] : [audio]))
  const look = pictures.length === pieces.length ? lookOf(pictures) : null
  const voice = sounds.length > 0 ? voiceOf(sounds) : null
  const made = pieces.map((piece) => look && pictureFilters(piece, look, capabilities))
  const place = look === null ? 'alone' : 'beside a picture'
  const heard = pieces.map((piece) => {
    if (voice === null) return null
    return piece.audio === null
      ? silence(piece, voice)
      : `[${piece.audio.specifier}]${soundFilters(piece, voice, place).join(',')}`
  })
  const probe = factsOf(pieces, look, voice)
  const [video, audio] = [PICTURE, SOUND].map((specifier) => {
    const stream = probe.streams.find(({ type }) => type === (specifier === PICTURE ? 'video' : 'audio'))
    return stream ? { stream, specifier } : null
  }) as [Selection['video'], Selection['audio']]

  const lastFrame = look === null ? [] : lastFrameOptions(pieces, capabilities)
  const lost = pieces.length === 1 ? pieces[0]!.lost : { video: null, audio: null }

  /** Chains from the files to `[picture]` and `[sound]`, as far as they are wanted. */
  function chains(wanted: ReadonlySet<Made>): string[] {
    const shown = wanted.has(PICTURE)
      ? pieces.map((piece, i) => `[${piece.video!.specifier}]${made[i]!.filters.join(',')}`)
      : null
    const played = wanted.has(SOUND) ? (heard as string[]) : null
    if (pieces.length === 1) {
      return [...(shown ? [`${shown[0]}${PICTURE}`] : []), ...(played ? [`${played[0]}${SOUND}`] : [])]
    }
    return [
      ...(shown ?? []).map((chain, i) => `${chain}[v${i}]`),
      ...(played ?? []).map((chain, i) => `${chain}[a${i}]`),
      ...joinChains(pieces, { shown: shown !== null, played: played !== null }),
    ]
  }

  return {
    probe,
    range: WHOLE,
    selection: { video, audio, audios: audio === null ? [] : [audio], lost },
    covers: opened.flatMap(({ file }, number) => coversOf(file, number).filter(({ stream }) => isSeen(stream))),
    chapters,
    texts,
    warnings: distinctWarnings(made.flatMap((each) => each?.warnings ?? [])),
    undrawn: pieces.some(({ clip }) => clip.probe.streams.some(({ type }) => type === 'subtitle'))
      ? [NO_SUBTITLES]
      : [],
    titles: titlesOf(pieces, input),
    path: null,
    expectedDurationMs: saidMs(pieces),
    command(part, outputs) {
      const wired = outputs.map(tap)
      const taps = wired.flatMap((one) => one.taps).map((one) => within(part, one))
      const wanted = new Set(taps.map(({ of }) => of))
      return [
        ...processOptions(capabilities),
        ...opened.flatMap((file) => openArgs(file, limits, wanted.has(PICTURE))),
        ...texts.flatMap(openChapters),
        ...['-filter_complex', [...chains(wanted), ...[...wanted].flatMap((of) => tapped(of, taps))].join(';')],
        ...wired.flatMap(({ args, taps: own }) => [
          ...(own.some(({ of }) => of === PICTURE) ? lastFrame : []),
          ...withChapters(args, opened.length),
        ]),
      ]
    },
  }
}

/** A picture without a size may be none, and would keep ffmpeg from beginning. */
function isSeen({ width }: ProbeStream): boolean {
  return width !== null
}

/** From a place in it on, as for a still of it. */
function within({ startUs }: Range, one: Tap): Tap {
  const cut = trimFilters({ startUs, limitUs: null }, one.of === PICTURE ? 'video' : 'audio')
  return { ...one, filters: [...cut, one.filters].join(',') }
}

function openArgs({ file, range, decodesVideo }: Opened, limits: PlanInput['limits'], wantsPicture: boolean): string[] {
  const { input } = readRange(file.probe.container, range)
  return [...rangeOptions(input), ...openInput({ ...file, limits }, decodesVideo && wantsPicture)]
}

const NO_SUBTITLES: OutputWarning = {
  code: 'STREAM_LEFT_OUT',
  detail: 'Subtitles are left out where inputs are joined or changed.',
}

/** Those of the one film that is played once. */
function titlesOf(pieces: readonly Piece[], { beside = [] }: PlanInput): Source['titles'] {
  const [piece] = pieces
  if (piece === undefined || pieces.length > 1 || piece.isStill) return null
  const { clip } = piece
  const { startUs } = inputRange(clip.probe, clip)
  return { file: clip, beside, startUs, besideStartUs: 0, speed: clip.speed ?? 1, isPlain: false }
}
