import { FfleetError, type FilmContainer, type Preset } from '../contract/index.js'
import { makesFolder } from '../presets/container.js'
import { isPicture } from '../probe/formats.js'
import { soundOf, soundOfAll } from './audio.js'
import { colourOf } from './colour.js'
import { containerOptions, holdsAudio, requireHeld } from './containers.js'
import { type EncoderPass, videoEncoderOptions } from './encoders.js'
import { expectedPicture } from './expected-picture.js'
import { takeAttachments, takeSubtitles } from './extracted.js'
import { constantFrameRate, outputRate, type Rates } from './frame-rate.js'
import { holdLast } from './hold-last.js'
import { leftOut } from './left-out.js'
import { measureArgs, together } from './measure.js'
import { pictureOf } from './picture.js'
import { overlap, type Range, withinRange } from './range.js'
import { missing, type Selected, type Selection } from './select-streams.js'
import type { Source } from './source.js'
import { SHEET_PATTERN, spriteLayout, thumbnailOptions, thumbnailPattern, tileFilter } from './sprites.js'
import { straighten } from './straighten.js'
import { type Carried, carriedTracks } from './tracks/index.js'
import { coverOptions, trackOptions } from './tracks/options.js'
import type { ExpectedOutput, ExpectedPart, Measuring, PlanInput, PlannedOutput, PresetOutput } from './types.js'
import { pictureFilters, progressive, videoFilters } from './video.js'
import { waveformFilters } from './waveform.js'
import { waveformLayout } from './waveform-layout.js'

/** What all outputs of a job share. */
export type PlanContext = {
  input: PlanInput
  source: Source
  range: Range
  selection: Selection
  /** Of the input within the range, by the streams that are used; null when unknown. */
  expectedUs(streams: readonly (Selected | null)[]): number | null
}

type Recipe<K extends 'video' | 'audio' | 'sprites' | 'waveform'> = Preset & { [P in K]: NonNullable<Preset[P]> }
type Plan = Omit<
  PlannedOutput,
  'name' | 'relativePath' | 'isFolder' | 'kind' | 'sheetArgs' | 'from' | keyof Measuring
> &
  Partial<Pick<PlannedOutput, 'sheetArgs' | 'from' | keyof Measuring>>

/** The options of one output, by the kind of its preset. Throws the errors of the registry that the input deserves. */
export function planOutput(output: PresetOutput, index: number, context: PlanContext): PlannedOutput {
  const { recipe } = output
  const isFolder = makesFolder(recipe)
  const relativePath = isFolder ? `out-${index}` : `out-${index}.${recipe.extension}`
  const { probe } = context.input
  const tracks = heldTracks(recipe, carriedTracks(recipe, context))
  const plan = planByKind(recipe, relativePath, `pass-${index}`, tracks, context)
  const told = leftOut(probe, context.selection, recipe, tracks)
  const warnings = [...told, ...tracks.warnings, ...plan.warnings]
  const { streams } = plan.expected
  const from = {
    video: streams.video > 0 ? (context.selection.video?.stream.index ?? null) : null,
    audio: tracks.audios.slice(0, streams.audio).map(({ stream }) => stream.index),
    subtitles: tracks.subtitles.map(({ stream }) => stream.index),
  }
  const rest = { sheetArgs: null, measures: [], measured: [], from, ...plan, warnings }
  return { name: output.name, relativePath, isFolder, kind: recipe.kind, ...rest }
}

/** Of a copy, what the container does not hold stays behind; but for the main sound, which nobody would want to lose unasked. */
function heldTracks({ kind, container }: Preset, tracks: Carried): Carried {
  if (kind !== 'remux') return tracks
  const [main, ...others] = tracks.audios
  const held = others.filter((audio) => holdsAudio(container as FilmContainer, audio))
  return { ...tracks, audios: main === undefined ? [] : [main, ...held] }
}

function planByKind(recipe: Preset, path: string, passLog: string, tracks: Carried, context: PlanContext): Plan {
  switch (recipe.kind) {
    case 'av':
      return planVideo(recipe as Recipe<'video'>, path, passLog, tracks, context)
    case 'audio':
      return planAudio(recipe as Recipe<'audio'>, path, tracks, context)
    case 'remux':
      return planRemux(recipe, path, tracks, context)
    case 'picture':
      return planPicture(recipe as Recipe<'video'>, path, context)
    case 'sprites':
      return planSprites(recipe as Recipe<'sprites'>, path, context)
    case 'waveform':
      return planWaveform(recipe as Recipe<'waveform'>, path, context)
    case 'subtitles':
      return takeSubtitles(recipe, path, context)
    case 'attachments':
      return takeAttachments(path, context)
  }
}

function planVideo(
  recipe: Recipe<'video'>,
  path: string,
  passLog: string,
  tracks: Carried,
  context: PlanContext,
): Plan {
  const { capabilities } = context.input
  const video = requireMoving(context)
  const { audios } = tracks
  const sound = soundOfAll(recipe.audio, audios, context)
  const { framing, colour, ...measuring } = pictureOf(video, recipe.video, path, context)
  const size = framing.frame
  const filters = [
    ...straighten(context.input.probe.container, video.stream),
    ...videoFilters(video.stream, recipe.video, { framing, colour }, capabilities),
    ...(video.stream.clockJumps ? [] : holdLast(video.stream, context.range, capabilities)),
    ...constantFrameRate(recipe.video),
  ]
  const encode = (pass: EncoderPass) => [
    ...['-map', video.specifier],
    ...(audios.length === 0 || pass?.number === 1 ? ['-an'] : []),
    ...['-vf', filters.join(','), ...variableFrameRate(context)],
    ...videoEncoderOptions(recipe.video, capabilities, pass, { size, hdr: colour.hdr }),
    ...colour.options,
    ...(pass?.number === 1
      ? []
      : [...sound.options, ...trackOptions({ container: recipe.container, hasVideo: true }, tracks, capabilities)]),
  ]
  const twice = recipe.video.passes === 2
  const durationUs = context.expectedUs([video, ...audios])
  return {
    args: [
      ...encode(twice ? { number: 2, log: passLog } : null),
      ...containerOptions(recipe.container, tracks, recipe.video.codec),
      path,
    ],
    analyseArgs: twice ? [...encode({ number: 1, log: passLog }), '-f', 'null', '-'] : null,
    expected: {
      durationUs,
      promisedUs: promisedUs(context),
      parts: {
        video: videoPart(context, video, recipe.video),
        audio: audios.map((audio) => audioPart(context, audio)),
      },
      streams: { video: 1, audio: audios.length },
      ...sideExpected(context, tracks),
      ...sound.expected,
      picture: expectedPicture(video.stream, recipe.video, framing, colour),
    },
    warnings: [...colour.warnings, ...sound.warnings],
    ...together(measuring, sound.measuring),
    sprites: null,
    frames: countFrames(context, video, recipe.video),
    cost: twice ? 1.5 : 1,
  }
}

function planAudio(recipe: Recipe<'audio'>, path: string, tracks: Carried, context: PlanContext): Plan {
  const audio = requireAudio(tracks.audios[0] ?? null, context)
  const sound = soundOf(recipe.audio, audio, context, { place: 'alone' })
  // How much of it is silence, nobody knows yet.
  const isTrimmed = recipe.audio.trimSilence !== undefined
  return {
    args: [
      ...['-map', audio.specifier],
      ...(tracks.cover === null ? ['-vn'] : coverOptions(tracks, 0)),
      ...sound.options,
      ...containerOptions(recipe.container, tracks, null),
      path,
    ],
    analyseArgs: null,
    expected: {
      ...(isTrimmed
        ? { durationUs: null }
        : {
            durationUs: context.expectedUs([audio]),
            promisedUs: promisedUs(context),
            parts: { audio: [audioPart(context, audio)] },
          }),
      streams: { video: 0, audio: 1 },
      ...(tracks.cover && { cover: true }),
      ...sound.expected,
    },
    warnings: sound.warnings,
    ...sound.measuring,
    ...(isTrimmed && { isTrimmed }),
    sprites: null,
    frames: null,
    cost: 0.1,
  }
}

function planRemux({ container }: Preset, path: string, tracks: Carried, context: PlanContext): Plan {
  const { video } = context.selection
  const { audios } = tracks
  const copied = [...(video === null ? [] : [video]), ...audios]
  if (video !== null) requireMoving(context)
  if (copied.length === 0) {
    const { lost } = context.selection
    const nothing = new FfleetError('NO_VIDEO_STREAM', 'The input has neither video nor audio to copy.')
    throw missing(lost.video ?? lost.audio, nothing)
  }
  requireHeld(container as FilmContainer, video, audios[0] ?? null)
  // A copy can only begin at a key frame, which may be seconds before the start that was asked for.
  const isWhole = context.range.startUs === 0
  const expected: ExpectedOutput = {
    durationUs: isWhole ? context.expectedUs(copied) : null,
    promisedUs: isWhole ? promisedUs(context) : null,
    streams: { video: video === null ? 0 : 1, audio: audios.length },
    ...sideExpected(context, tracks),
    ...(tracks.cover && { cover: true }),
    isCopy: true,
  }
  return {
    args: [
      ...copied.flatMap(({ specifier }) => ['-map', specifier]),
      // FLAC, Opus and AV1 in MP4 were experiments to ffmpeg up to 4.3.
      ...['-c', 'copy', '-strict', 'experimental'],
      ...trackOptions({ container, hasVideo: video !== null }, tracks, context.input.capabilities),
      ...coverOptions(tracks, video === null ? 0 : 1),
      ...containerOptions(container, tracks, video?.stream.codec ?? null),
      path,
    ],
    analyseArgs: null,
    expected,
    warnings: [],
    sprites: null,
    frames: video === null || !isWhole ? null : countFrames(context, video, { maxFrameRate: null }),
    cost: 0.05,
  }
}

/** From this many frames the one that looks most like the others is taken, so that no black or blurred one is. */
const POSTER_CHOICE = 24

function planPicture(recipe: Recipe<'video'>, path: string, context: PlanContext): Plan {
  const video = requireVideo(context)
  const { framing, colour, ...measuring } = pictureOf(video, recipe.video, path, context)
  const size = framing.frame
  const filters = [
    ...pictureFilters(video.stream, recipe.video, framing, colour),
    `thumbnail=${POSTER_CHOICE}`,
    // Before 5 it goes by way of RGB, which loses the range.
    ...(context.input.capabilities.major < 5 ? ['scale=out_range=full', 'format=yuv420p'] : []),
  ]
  return {
    args: [
      ...['-map', video.specifier, '-an', '-vf', filters.join(','), ...variableFrameRate(context), '-frames:v', '1'],
      ...videoEncoderOptions(recipe.video, context.input.capabilities, null, { size }),
      ...['-f', 'image2', '-update', '1', path],
    ],
    analyseArgs: null,
    expected: {
      durationUs: null,
      streams: { video: 1, audio: 0 },
      picture: expectedPicture(video.stream, recipe.video, framing, colour),
    },
    warnings: colour.warnings,
    sprites: null,
    frames: 1,
    cost: 0.05,
    ...measuring,
  }
}

/** A tenth into the range: past a black beginning, before anything is given away. */
export function posterTimeUs(context: Pick<PlanContext, 'selection' | 'expectedUs'>): number {
  const durationUs = context.expectedUs([context.selection.video])
  return durationUs === null ? 0 : Math.floor(durationUs / 10)
}

/**
 * Single thumbnails first, and sheets of them in a pass of their own: ffmpeg up to 6 reports nothing before every output
 * of a process has begun, and a sheet begins when its last thumbnail has come.
 */
function planSprites(recipe: Recipe<'sprites'>, path: string, context: PlanContext): Plan {
  const video = requireMoving(context)
  const thumbnails = thumbnailPattern(path)
  const layout = spriteLayout(recipe.sprites, video.stream, context.expectedUs([video]))
  const colour = colourOf(video.stream, JPEG, layout, context.input.capabilities)
  const { filters, maxThumbnails } = thumbnailOptions(layout, colour)
  const { container } = context.input.probe
  const deinterlaced = [...straighten(container, video.stream), ...progressive(video.stream), ...filters]
  return {
    args: [
      ...['-map', video.specifier, '-an', '-vf', deinterlaced.join(',')],
      ...[...variableFrameRate(context), '-frames:v', `${maxThumbnails}`],
      ...videoEncoderOptions(JPEG, context.input.capabilities, null),
      ...['-f', 'image2', thumbnails],
    ],
    analyseArgs: null,
    sheetArgs: [
      ...['-protocol_whitelist', 'file', '-f', 'image2', '-framerate', '1', '-i', thumbnails],
      ...['-vf', tileFilter(layout), ...variableFrameRate(context)],
      ...videoEncoderOptions(JPEG, context.input.capabilities, null),
      ...['-f', 'image2', `${path}/${SHEET_PATTERN}`],
    ],
    expected: { durationUs: null, streams: { video: 1, audio: 0 } },
    warnings: colour.warnings,
    sprites: layout,
    frames: layout.count,
    cost: 0.4,
  }
}

/** The least and the greatest sample of each part: what draws or writes them comes when ffmpeg is done. */
function planWaveform({ waveform }: Recipe<'waveform'>, path: string, context: PlanContext): Plan {
  const audio = requireAudio(context.selection.audio, context)
  const length = { durationUs: context.expectedUs([audio]), promisedUs: promisedUs(context) }
  const layout = waveformLayout(waveform, audio.stream, length, path)
  const { input, selection } = context
  const filters = waveformFilters(layout, input, audio.stream, selection.video === null ? 'alone' : 'beside a picture')
  return {
    args: measureArgs(audio.specifier, filters),
    analyseArgs: null,
    expected: { durationUs: null, streams: { video: layout.height === null ? 0 : 1, audio: 0 } },
    from: { video: null, audio: [audio.stream.index], subtitles: [] },
    warnings: [],
    sprites: null,
    waveform: layout,
    frames: null,
    cost: 0.03,
  }
}

const JPEG = {
  codec: 'mjpeg',
  width: null,
  height: null,
  crf: null,
  bitrate: null,
  speed: null,
  passes: 1,
  maxFrameRate: null,
} as const

function requireAudio(audio: Selected | null, { selection }: PlanContext): Selected {
  if (audio !== null) return audio
  throw missing(selection.lost.audio, new FfleetError('NO_AUDIO_STREAM', 'The input has no audio that can be decoded.'))
}

function requireVideo({ selection }: PlanContext): Selected {
  if (selection.video !== null) return selection.video
  const none = new FfleetError('NO_VIDEO_STREAM', 'The input has no video that can be decoded.')
  throw missing(selection.lost.video, none)
}

function requireMoving(context: PlanContext): Selected {
  const video = requireVideo(context)
  if (!isPicture(context.input.probe.container)) return video
  throw new FfleetError('NO_VIDEO_STREAM', 'The input is a still picture.', {
    hint: 'Use the poster preset to make a JPEG of it.',
  })
}

/** Frames keep their times. Otherwise ffmpeg repeats frames at a constant rate, over gaps of any length. */
function variableFrameRate({ input }: PlanContext): string[] {
  return input.capabilities.fpsMode ? ['-fps_mode', 'vfr'] : []
}

function countFrames({ range }: PlanContext, { stream }: Selected, rates: Rates): number | null {
  const rate = outputRate(stream, rates)
  const durationUs = withinRange(range, stream.durationUs)
  return rate === null || durationUs === null ? null : Math.max(1, Math.round((durationUs / 1e6) * rate))
}

/** Frames that must come out: all of the input's, where no bound on the rate and no range can take any; or those of a rate of their own. */
function keptFrames(context: PlanContext, video: Selected, rates: Rates): number | null {
  if (rates.frameRate !== undefined) return countFrames(context, video, rates)
  const [{ range }, { stream }, { maxFrameRate }] = [context, video, rates]
  const rate = outputRate(stream, { maxFrameRate: null })
  const isBounded = maxFrameRate !== null && (rate === null || rate > maxFrameRate)
  // Packets of fields are half a frame each.
  const isUncertain = isBounded || stream.interlaced || range.startUs > 0 || range.limitUs !== null
  return isUncertain ? null : stream.frames
}

function sideExpected({ input, range }: PlanContext, { subtitles, chapters }: Carried): Pick<ExpectedOutput, 'beside'> {
  // Those outside a range are gone.
  const isWhole = range.startUs === 0 && range.limitUs === null
  return { beside: { subtitles: subtitles.length, chapters: chapters && isWhole ? input.probe.chapters : null } }
}

/** How long the last picture stands is not counted: not every ffmpeg keeps it. */
function videoPart(context: PlanContext, video: Selected, rates: Rates): ExpectedPart | null {
  const part = overlap(context.range, video.stream)
  if (part === null) return null
  const atLeastUs = Math.max(0, part.toUs - part.fromUs - (video.stream.lastFrameUs ?? 0))
  return { atLeastUs, frames: keptFrames(context, video, rates) }
}

function audioPart({ range }: PlanContext, { stream }: Selected): ExpectedPart | null {
  const part = overlap(range, stream)
  return part && { atLeastUs: part.toUs - part.fromUs, frames: null }
}

/** What the header claims of the range, where that is more than there is. */
function promisedUs({ input, range }: PlanContext): number | null {
  return withinRange(range, input.probe.promisedUs)
}
