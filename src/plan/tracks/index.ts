/** Which of the input's tracks an output carries, and in which form. */
import { FfleetError, type OutputWarning, type Preset, type ProbeStream, type Tracks } from '../../contract/index.js'
import { isExtracted } from '../extracted.js'
import type { Selected } from '../select-streams.js'
import { burntTrack } from './burn.js'
import { coverOf } from './cover.js'
import { indexes, named, ofType, type TrackContext } from './named.js'
import { type CarriedSubtitle, chosenSubtitles } from './subtitles.js'

export type Carried = {
  /** In the order of the output; `isOrdered`: in which they were named, the first to be the default. */
  audios: Selected[]
  isOrdered: boolean
  subtitles: CarriedSubtitle[]
  /** What becomes part of the picture. */
  burnt: ProbeStream | null
  /** Cover art, which is part of the metadata. */
  cover: Selected | null
  chapters: boolean
  attachments: boolean
  metadata: boolean
  /** Tracks that were asked for and are not there. */
  warnings: OutputWarning[]
}

/** Of what a preset and a request leave open. */
const FILM: Required<Tracks> = {
  audio: 'first',
  subtitles: 'none',
  chapters: 'none',
  attachments: 'none',
  metadata: 'keep',
}
const ALL: Required<Tracks> = {
  audio: 'all',
  subtitles: 'keep',
  chapters: 'keep',
  attachments: 'keep',
  metadata: 'keep',
}

/** Neither of them has a place for the rest. */
const LADDER: Required<Tracks> = { ...FILM, audio: 'all', subtitles: 'keep', metadata: 'none' }

export function tracksOf({ kind, tracks }: Pick<Preset, 'kind' | 'tracks'>): Required<Tracks> {
  const usual = kind === 'ladder' ? LADDER : kind === 'remux' || kind === 'archive' ? ALL : FILM
  return { ...usual, ...tracks }
}

/** Whether the facts of the input that it rests on are more than its video and its sound. */
export function needsEveryStream(recipe: Pick<Preset, 'kind' | 'tracks'>): boolean {
  if (isExtracted(recipe)) return true
  const { subtitles, chapters, attachments } = tracksOf(recipe)
  return subtitles !== 'none' || chapters !== 'none' || attachments !== 'none'
}

/** Throws `TRACK_NOT_FOUND` where nothing of what is named is there, `CODEC_NOT_ALLOWED` where nothing of it goes into the container. */
export function carriedTracks(recipe: Preset, context: TrackContext): Carried {
  const { probe } = context.input
  // What is taken out of a film carries nothing along.
  const { audio, subtitles, chapters, attachments, metadata } = isExtracted(recipe) ? FILM : tracksOf(recipe)
  const warnings: OutputWarning[] = []
  return {
    audios: recipe.audio === null ? [] : chosenAudios(audio, context, warnings),
    isOrdered: typeof audio === 'object',
    subtitles: chosenSubtitles(subtitles, recipe.container, context, warnings),
    burnt: burntTrack(subtitles, context, warnings),
    cover: metadata === 'keep' ? coverOf(recipe, context.source.covers) : null,
    chapters: chapters !== 'none' && (context.source.chapters?.length ?? probe.chapters) !== 0,
    attachments: attachments === 'keep' && recipe.container === 'mkv' && ofType(probe, 'attachment').length > 0,
    metadata: metadata === 'keep',
    warnings,
  }
}

function chosenAudios(
  choice: Required<Tracks>['audio'],
  { input, selection }: TrackContext,
  warnings: OutputWarning[],
): Selected[] {
  const { audio, audios } = selection
  if (choice === 'first') return audio === null ? [] : [audio]
  if (choice === 'all') return audios
  const streams = named(choice, 'audio', ofType(input.probe, 'audio'), warnings)
  const found = streams.flatMap((stream) => audios.filter((each) => each.stream.index === stream.index))
  if (found.length > 0) return found
  throw new FfleetError('TRACK_NOT_FOUND', `Audio ${indexes(streams)} of the input can not be decoded.`)
}
