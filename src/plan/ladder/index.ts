/** One decode for all rungs, sounds and subtitles of a ladder, each in a file of its own. */
import type { LadderCodec, LadderFormat, OutputWarning, Preset } from '../../contract/index.js'
import { soundOf } from '../audio.js'
import { HDR } from '../colour.js'
import { containerOptions } from '../containers.js'
import { ownTimes, type Plan, type PlanContext, type Recipe, requireMoving } from '../context.js'
import { distinctWarnings } from '../distinct-warnings.js'
import { videoEncoderOptions } from '../encoders.js'
import { expectedPicture } from '../expected-picture.js'
import { filmFilters } from '../film-filters.js'
import { outputRate } from '../frame-rate.js'
import { framingOf } from '../framing.js'
import { audioPart, countFrames, promisedUs, videoPart } from '../lengths.js'
import { together } from '../measure.js'
import { movingPictureOf } from '../picture.js'
import type { Selected } from '../select-streams.js'
import type { PartTrack, Pieces } from '../split/types.js'
import { partFilters, whyNoParts } from '../split/video.js'
import { burningOf, pictureArgs } from '../tracks/burn.js'
import type { Carried } from '../tracks/index.js'
import type { CarriedSubtitle } from '../tracks/subtitles.js'
import type { Measuring } from '../types.js'
import { planBeside } from './beside.js'
import { keyFramesIn, keyFramesOf } from './key-frames.js'
import type { LadderLayout } from './layout.js'
import { mostBits, type Rung, rungsOf, sizedAs } from './rungs.js'

type Video = NonNullable<Preset['video']>
type Planned = { args: string[]; warnings: OutputWarning[]; measuring: Measuring }

/** One fragment for each key frame, or for about a second of sound. */
const FRAGMENTS = '+empty_moov+default_base_moof+frag_discont+negative_cts_offsets'
/** What a file of one track has beside it. */
const ALONE = { chapters: false, metadata: false }
const SOUND_FRAGMENT_US = 1_000_000

/** Whole fragments are in the file at once, and not when the next ones drive them out of ffmpeg's memory. */
const atOnce = ({ playable }: Recipe<'ladder'>['ladder']) =>
  playable === 'while-encoding' ? ['-flush_packets', '1'] : []

/** What a codec other than the preset's is encoded at. */
const USUAL: Record<LadderCodec, Pick<Video, 'crf' | 'speed'>> = {
  h264: { crf: 21, speed: 'medium' },
  hevc: { crf: 24, speed: 'fast' },
  av1: { crf: 32, speed: '8' },
}

export function planLadder(
  recipe: Recipe<'video' | 'ladder'>,
  path: string,
  tracks: Carried,
  context: PlanContext,
): Plan {
  const { ladder, container } = recipe
  const video = requireMoving(context)
  const rungs = rungsOf(framingOf(video.stream, recipe.video, areaOf(recipe.video)).frame, ladder)
  const pictures = ladder.codecs.flatMap((codec) =>
    rungs.map((rung) => planRung(rung, codec, video, recipe, path, tracks, context)),
  )
  const sounds = tracks.audios.map((audio, n) => planSound(audio, n, recipe, path, tracks, context))
  const subtitles = tracks.subtitles.map((subtitle, n) => planSubtitles(subtitle, n, path, tracks))
  const beside = planBeside(recipe, rungs, path, context)
  const rest = [...[...sounds, ...subtitles].map(({ args }) => args), ...beside.further]
  const [first, ...others] = pictures.map(({ args }) => args)
  // The same for all: what each draws of it is of its own size.
  const { drawn, prepares } = pictures[0]!
  const planned: Planned[] = [...pictures, ...sounds]
  const layout: LadderLayout = {
    format: container as LadderFormat,
    segmentMs: ladder.segmentMs,
    ...(ladder.encryption && { keyUri: ladder.encryption.keyUri }),
    pictures: pictures.map(({ track }) => track),
    sounds: sounds.map(({ track }) => track),
    subtitles: subtitles.map(({ track }) => track),
    ...beside.layout,
  }
  const pixels = ({ width, height }: Rung) => width * height
  return {
    args: first!,
    further: [...others, ...rest],
    sheetArgs: beside.sheetArgs,
    ...beside.poster,
    analyseArgs: null,
    expected: {
      durationUs: context.expectedUs([video, ...tracks.audios]),
      promisedUs: promisedUs(context),
      streams: { video: 1, audio: sounds.length },
    },
    ladder: layout,
    ...(drawn && { drawn }),
    ...(prepares && { prepares }),
    warnings: distinctWarnings([...planned, beside].flatMap(({ warnings }) => warnings)),
    ...together(...planned.map(({ measuring }) => measuring)),
    sprites: null,
    frames: countFrames(context, video, recipe.video),
    pieces: inPieces(pictures, rest, video, recipe, context),
    cost: (ladder.codecs.length * rungs.reduce((sum, rung) => sum + pixels(rung), 0)) / pixels(rungs[0]!) + beside.cost,
  }
}

/** Each part has all rungs, and begins where a segment does. */
function inPieces(
  pictures: readonly { part: PartTrack }[],
  rest: readonly string[][],
  video: Selected,
  { video: recipe, ladder }: Recipe<'video' | 'ladder'>,
  context: PlanContext,
): Pieces {
  const why = whyNoParts(video, recipe, context)
  if (why !== null) return { why }
  return {
    tracks: pictures.map(({ part }) => part),
    begins: (frames) => keyFramesIn(frames, video.stream, recipe, ladder.segmentMs),
    rest: () => (rest.length === 0 ? null : context.source.command(context.range, rest)),
  }
}

function planRung(
  rung: Rung,
  codec: LadderCodec,
  video: Selected,
  { video: recipe, ladder, container }: Recipe<'video' | 'ladder'>,
  path: string,
  tracks: Carried,
  context: PlanContext,
): Planned & Pick<Plan, 'drawn' | 'prepares'> & { track: LadderLayout['pictures'][number]; part: PartTrack } {
  const { capabilities } = context.input
  const own: Video = { ...sizedAs(recipe, rung), codec, ...(codec === recipe.codec ? {} : USUAL[codec]) }
  const name = `video-${ladder.codecs.length > 1 ? `${codec}-` : ''}${rung.lines}p`
  const file = `${path}.${name}.mp4`
  const { framing, colour, drawing, fields, ...measuring } = movingPictureOf(video, own, path, context, file)
  const burning = burningOf(tracks.burnt, video, context, colour.transfer, file)
  const { onSource, onFrame } = burning
  const size = framing.frame
  const encoding = {
    maxBitrate: rung.bitrate ?? mostBits(size, codec, outputRate(video.stream, own)),
    ...keyFramesOf(video.stream, own, ladder.segmentMs),
  }
  const options = (filters: readonly string[]) => [
    ...pictureArgs(video, [...filters, ...drawing.filters, ...onFrame], burning, file),
    ...['-an', '-sn', '-dn'],
    ...ownTimes(context, video, own),
    ...videoEncoderOptions(own, capabilities, null, { size, hdr: colour.hdr, rung: encoding }),
    ...colour.options,
    ...containerOptions(container, ALONE, codec),
    ...atOnce(ladder),
    ...['-movflags', `+frag_keyframe${FRAGMENTS}`],
  ]
  return {
    args: [...options(filmFilters(video, own, { framing, colour, fields, onSource }, context)), file],
    part: {
      options: (part) => options(partFilters(part, video, own, { framing, colour, fields }, context)),
      into: file,
    },
    track: {
      ...{ file, name, range: HDR.get(colour.transfer ?? '') ?? 'SDR' },
      expected: {
        durationUs: context.expectedUs([video]),
        promisedUs: promisedUs(context),
        parts: { video: videoPart(context, video, own) },
        streams: { video: 1, audio: 0 },
        picture: expectedPicture(video.stream, own, framing, colour),
      },
    },
    warnings: colour.warnings,
    measuring,
    ...(drawing.drawn && { drawn: drawing.drawn }),
    ...(burning.prepares && { prepares: burning.prepares }),
  }
}

function planSound(
  audio: Selected,
  n: number,
  { audio: recipe, ladder, container }: Recipe<'video' | 'ladder'>,
  path: string,
  tracks: Carried,
  context: PlanContext,
): Planned & { track: LadderLayout['sounds'][number] } {
  const sound = soundOf(recipe!, audio, context)
  const name = named('audio', tracks.audios, n)
  const file = `${path}.${name}.mp4`
  const fragments = ['-frag_duration', `${SOUND_FRAGMENT_US}`, '-movflags', FRAGMENTS]
  return {
    args: [
      '-map',
      audio.specifier,
      '-vn',
      ...sound.options,
      ...containerOptions(container, ALONE, null),
      ...atOnce(ladder),
      ...fragments,
      file,
    ],
    track: {
      ...{ file, name, language: audio.stream.language, title: null },
      isDefault: n === mainOf(tracks),
      expected: {
        durationUs: context.expectedUs([audio]),
        promisedUs: promisedUs(context),
        parts: { audio: [audioPart(context, audio)] },
        streams: { video: 0, audio: 1 },
        ...sound.expected,
      },
    },
    warnings: sound.warnings,
    measuring: sound.measuring,
  }
}

function planSubtitles(
  subtitle: CarriedSubtitle,
  n: number,
  path: string,
  tracks: Carried,
): { args: string[]; track: LadderLayout['subtitles'][number] } {
  const { stream, specifier, options, beside } = subtitle
  const name = named('subtitles', tracks.subtitles, n)
  const file = `${path}.${name}.vtt`
  const told = Object.entries(options).flatMap(([option, value]) => [`${option}:s:0`, value])
  return {
    args: ['-map', specifier, ...told, '-f', 'webvtt', file],
    track: {
      ...{ file, name, language: stream.language, title: beside?.title ?? null },
      isDefault: stream.isDefault && tracks.subtitles.findIndex((each) => each.stream.isDefault) === n,
      isForced: beside?.isForced ?? false,
    },
  }
}

/** The one that was named first, or that the input marks, or the first there is. */
function mainOf({ audios, isOrdered }: Carried): number {
  return isOrdered
    ? 0
    : Math.max(
        0,
        audios.findIndex(({ stream }) => stream.isDefault),
      )
}

/** By language, counted where it occurs again. */
function named(what: string, tracks: readonly Selected[], n: number): string {
  const languages = tracks.map(({ stream }) => (/^[a-z]{2,8}$/.test(stream.language ?? '') ? stream.language! : 'und'))
  const before = languages.slice(0, n).filter((language) => language === languages[n]).length
  return `${what}-${languages[n]}${before === 0 ? '' : `-${before + 1}`}`
}

function areaOf({ crop }: Video) {
  return crop === 'auto' ? undefined : crop
}
