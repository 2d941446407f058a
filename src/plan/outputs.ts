import { FfleetError, type FilmContainer, type Preset } from '../contract/index.js'
import { makesFolder } from '../presets/container.js'
import { planAnimation } from './animation.js'
import { planArchive } from './archive.js'
import { soundOf, soundOfAll } from './audio.js'
import { isHighRange } from './colour.js'
import { containerOptions, holdsAudio, requireHeld } from './containers.js'
import { ownTimes, type Plan, type PlanContext, type Recipe, requireAudio, requireMoving } from './context.js'
import { requireImage } from './drawn/index.js'
import { type EncoderPass, videoEncoderOptions } from './encoders.js'
import { expectedPicture } from './expected-picture.js'
import { takeAttachments, takeSubtitles } from './extracted.js'
import { filmFilters } from './film-filters.js'
import { planLadder } from './ladder/index.js'
import { leftOut } from './left-out.js'
import { audioPart, countFrames, promisedUs, sideExpected, videoPart } from './lengths.js'
import { measureArgs, together } from './measure.js'
import { movingPictureOf } from './picture.js'
import { planFrames, planPicture, planSheet, planSprites } from './pictures.js'
import { searchCost, seekQuality } from './quality/index.js'
import { missing } from './select-streams.js'
import { splitOf } from './split/index.js'
import { partFilters, piecesOf } from './split/video.js'
import { type Burning, burningOf, pictureArgs } from './tracks/burn.js'
import { type Carried, carriedTracks } from './tracks/index.js'
import { coverOptions, trackOptions } from './tracks/options.js'
import type { ExpectedOutput, PlannedOutput, PresetOutput } from './types.js'
import { waveformFilters } from './waveform.js'
import { waveformLayout } from './waveform-layout.js'

/** The options of one output, by the kind of its preset. Throws the errors of the registry that the input deserves. */
export function planOutput(
  output: PresetOutput,
  index: number,
  shared: Omit<PlanContext, 'outputName'>,
): PlannedOutput {
  const { recipe } = output
  requireImage(output, shared.input)
  const context: PlanContext = { ...shared, outputName: output.name }
  const isFolder = makesFolder(recipe)
  const relativePath = isFolder ? `out-${index}` : `out-${index}.${recipe.extension}`
  const { probe } = context.input
  const tracks = heldTracks(recipe, carriedTracks(recipe, context))
  const { pieces, ...plan } = planByKind(recipe, relativePath, `pass-${index}`, tracks, context)
  const { split, warnings: whole } = splitOf(output, pieces, shared)
  const told = leftOut(probe, context.selection, recipe, tracks)
  const warnings = [...told, ...tracks.warnings, ...plan.warnings, ...whole]
  const { streams } = plan.expected
  const from = {
    video: streams.video > 0 ? (context.selection.video?.stream.index ?? null) : null,
    audio: tracks.audios.slice(0, streams.audio).map(({ stream }) => stream.index),
    subtitles: tracks.subtitles.map(({ stream }) => stream.index),
    ...(tracks.cover && { cover: tracks.cover.stream.index }),
  }
  const rest = { sheetArgs: null, measures: [], measured: [], from, ...plan, warnings, ...(split && { split }) }
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
    case 'archive':
      return planArchive(recipe as Recipe<'video'>, path, tracks, context)
    case 'animation':
      return planAnimation(recipe as Recipe<'video'>, path, tracks, context)
    case 'picture':
      return planPicture(recipe as Recipe<'video'>, path, context)
    case 'frames':
      return planFrames(recipe as Recipe<'video'>, path, context)
    case 'sheet':
      return planSheet(recipe as Recipe<'sprites'>, path, context)
    case 'sprites':
      return planSprites(recipe as Recipe<'sprites'>, path, context)
    case 'waveform':
      return planWaveform(recipe as Recipe<'waveform'>, path, context)
    case 'subtitles':
      return takeSubtitles(recipe, path, context)
    case 'attachments':
      return takeAttachments(path, context)
    case 'ladder':
      return planLadder(recipe as Recipe<'video' | 'ladder'>, path, tracks, context)
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
  const { framing, colour, drawing, fields, ...measuring } = movingPictureOf(video, recipe.video, path, context)
  const size = framing.frame
  const tenBits = colour.filters.includes('format=yuv420p10le')
  const hardware = context.hardware(recipe.video, {
    size,
    tenBits,
    isHdr: isHighRange(colour),
    hasMasteringDisplay: (colour.hdr?.masteringDisplay ?? null) !== null,
  })
  const burning = burningOf(tracks.burnt, video, context, colour.transfer, path)
  const filtersOf = (part: Pick<PlanContext, 'range'>, { onSource, onFrame }: Burning) => [
    ...filmFilters(video, recipe.video, { framing, colour, fields, onSource }, { ...context, ...part }),
    ...drawing.filters,
    ...onFrame,
    ...(hardware?.filters ?? []),
  ]
  const rated = (pass: EncoderPass, crf?: string) => [
    ...ownTimes(context, video, recipe.video),
    ...(hardware?.options ??
      videoEncoderOptions({ ...recipe.video, ...(crf && { crf }) }, capabilities, pass, { size, hdr: colour.hdr })),
    ...colour.options,
  ]
  const search = seekQuality(
    {
      ...{ recipe, path, video, audios, frame: size, tenBits },
      shown(part, behind = []) {
        const drawn = burningOf(tracks.burnt, video, { ...context, ...part }, colour.transfer, path)
        return pictureArgs(video, [...filtersOf(part, drawn), ...behind], drawn, path)
      },
      options: (crf) => rated(null, crf),
    },
    context,
  )
  const others = [
    ...sound.options,
    ...trackOptions({ container: recipe.container, hasVideo: true }, tracks, capabilities),
  ]
  const encode = (pass: EncoderPass) => [
    ...(hardware?.globalOptions ?? []),
    ...pictureArgs(video, filtersOf(context, burning), burning, path),
    ...(audios.length === 0 || pass?.number === 1 ? ['-an'] : []),
    ...rated(pass, search?.crf),
    ...(pass?.number === 1 ? [] : others),
  ]
  const inContainer = [...containerOptions(recipe.container, tracks, recipe.video.codec), path]
  const twice = recipe.video.passes === 2
  const durationUs = context.expectedUs([video, ...audios])
  return {
    args: [...encode(twice ? { number: 2, log: passLog } : null), ...inContainer],
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
    cost: (twice ? 1.5 : 1) + searchCost(search),
    ...(burning.prepares && { prepares: burning.prepares }),
    ...(hardware && { hardware }),
    ...(search && { search, sought: search.sought }),
    pieces: piecesOf(video, recipe.video, context, {
      isElsewhere: hardware !== null,
      filters: (part) =>
        partFilters(part, video, recipe.video, { framing, colour, fields, onSource: burning.onSource }, context),
      options: () => rated(null),
      rest: [...(audios.length === 0 ? ['-an'] : []), ...others, ...inContainer],
    }),
    ...(drawing.drawn && { drawn: drawing.drawn }),
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
      ...(tracks.chapters && sideExpected(context, tracks)),
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
