/** The pieces that an output which is encoded in parts is made of, as ffmpeg's arguments. */
import { fileUrl, inputOptions, MP4_DEMUXER } from '../../probe/formats.js'
import { openInput } from '../open-input.js'
import { seconds, WHOLE } from '../range.js'
import { processOptions, type Source } from '../source.js'
import type { PlanInput } from '../types.js'
import type { Part } from './cuts.js'
import type { PartTrack } from './types.js'

/** Where track `n` of a part grows, in the attempt folder. */
export const partFile = (n: number): string => `part-${n}.mp4`
/** What the parts of a film are joined into. */
export const JOINED_FILE = 'joined.mp4'
/**
 * How a part of a film is written: the fragments keep its times as they are (`frag_discont` without an edit list), so that parts fit
 * together whatever their encoders put in front.
 */
export const FILM_PART = [
  ...['-map_metadata', '-1', '-map_chapters', '-1', '-strict', 'experimental'],
  ...['-avoid_negative_ts', 'disabled', '-use_editlist', '0', '-write_tmcd', '0'],
  ...['-movflags', '+frag_keyframe+empty_moov+default_base_moof+frag_discont', '-f', 'mp4'],
]

/** A filter that lets a part of the pictures through, for behind those that look at the pictures around each. */
export function trimTo({ fromUs, toUs }: Part): string[] {
  const from = fromUs === null ? [] : [`start=${seconds(fromUs)}`]
  const to = toUs === null ? [] : [`end=${seconds(toUs)}`]
  return from.length + to.length === 0 ? [] : [`trim=${[...from, ...to].join(':')}`]
}

/** ffmpeg's arguments that encode one part. Times stay those of the whole film, from which it is cut by time and not by seeking. */
export function partCommand(input: PlanInput, part: Part, tracks: readonly PartTrack[]): string[] {
  return [
    ...processOptions(input.capabilities),
    ...['-copyts', '-start_at_zero'],
    ...(part.seekUs === null ? [] : ['-noaccurate_seek', '-ss', seconds(part.seekUs)]),
    ...openInput(input, true),
    ...tracks.flatMap(({ options }, n) => [...options(part), partFile(n)]),
  ]
}

/**
 * ffmpeg's arguments that make the output of what was joined and of the input: the picture is copied, and all else is made as for a whole.
 * `-seek_timestamp`: a file that begins late is not moved to 0. Without `bitexact`, a Matroska has numbers drawn by lot in it.
 */
export function joinCommand(source: Source, input: PlanInput, rest: readonly string[]): string[] {
  const opened = source.command(WHOLE, [rest]).filter((arg) => arg === '-i').length
  const { limits, capabilities } = input
  const joined = [
    ...['-seek_timestamp', '1', '-ss', '0'],
    ...inputOptions(MP4_DEMUXER, limits),
    ...['-i', fileUrl(JOINED_FILE)],
  ]
  const copied = ['-map', `${opened}:v:0`, '-c:v:0', 'copy', '-map_metadata:s:v:0', streamOf(source)]
  const strict = capabilities.major < 5 ? ['-strict', 'experimental'] : []
  return source.command(WHOLE, [[...joined, ...copied, ...strict, '-fflags', '+bitexact', ...rest]])
}

/** What is said of the picture, such as its language, is that of the input's. */
function streamOf({ selection }: Source): string {
  return `0:s:${selection.video!.stream.index}`
}
