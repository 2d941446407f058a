/** Outputs that are encoded in parts: whether, into which, and by which passes. ADR 49. */
import type { OutputWarning } from '../../contract/index.js'
import { whyWhole } from '../../presets/splitting.js'
import { MATROSKA_DEMUXER, MP4_DEMUXER } from '../../probe/formats.js'
import type { FrameList } from '../../probe/frame-list.js'
import type { PlanContext } from '../context.js'
import type { Pass, PassGroup, PlannedOutput, PresetOutput } from '../types.js'
import { cutInto, isOnGrid, overlapOf } from './cuts.js'
import { partCommand } from './pieces.js'
import type { Pieces, Split } from './types.js'

export { partFile } from './pieces.js'

type Shared = Omit<PlanContext, 'outputName'>

/** Containers, by ffmpeg's names, in which it finds a picture by its time. */
const SOUGHT_BY_TIME = new Set([MP4_DEMUXER, MATROSKA_DEMUXER])
/** Share of the attempt's time that is left for putting parts together: of one with sound, which is encoded then. */
const JOIN_SHARE = { sound: 0.08, silent: 0.02 }
/** The same for reading all of the film once more, for its thumbnails. */
const READ_SHARE = 0.1
/** `auto`: of a shorter one, little is lost with its worker. */
const LEAST_AUTO_US = 600_000_000
const AUTO_PART_US = 30_000_000
/** Each of them is a pass of the report. */
const MOST_PARTS = 1_000
/** `auto`: with more pictures decoded twice, as a share of all, it would not pay. */
const MOST_OVERLAP = 0.5

/** The parts of an output for which that is asked; or, where it can't be made so, a warning that says why. */
export function splitOf(
  { split, recipe }: PresetOutput,
  pieces: Pieces | undefined,
  context: Shared,
): { split: Split | null; warnings: OutputWarning[] } {
  if (split === undefined) return { split: null, warnings: [] }
  const planned = whyWhole(recipe) ?? (pieces === undefined ? 'only films are' : planParts(split, pieces, context))
  if (typeof planned !== 'string') return { split: planned, warnings: [] }
  const detail = `The output is encoded in one piece, because ${planned}.`
  return { split: null, warnings: [{ code: 'NOT_SPLIT', detail }] }
}

function planParts(
  split: 'auto' | { segmentMs: number },
  pieces: Pieces,
  { source, range, input }: Shared,
): Split | string {
  const { frames, probe } = input
  if (source.path === null) return 'its input is put together of several files'
  if (range.startUs > 0 || range.limitUs !== null) return 'only a part of its input is asked for'
  if (!SOUGHT_BY_TIME.has(probe.container)) return `pictures of ${probe.container} are not found by their time`
  if ('why' in pieces) return pieces.why
  if (!frames) return 'the times of its pictures can not be read'
  if (!isOnGrid(frames)) return 'its pictures come at times between those of its frame rate'
  if (split === 'auto') return autoParts(frames, pieces)
  const parts = cutInto(frames, partLength(frames, split.segmentMs * 1_000), pieces.begins?.(frames))
  return parts.length > 1 ? { parts, pieces } : 'it is no longer than one part'
}

function autoParts(frames: FrameList, pieces: Split['pieces']): Split | string {
  if (lengthOf(frames) < LEAST_AUTO_US) return `it is shorter than ${LEAST_AUTO_US / 1e6} s`
  const parts = cutInto(frames, partLength(frames, AUTO_PART_US), pieces.begins?.(frames))
  return overlapOf(frames, parts) > MOST_OVERLAP ? 'its key frames are too far apart' : { parts, pieces }
}

const lengthOf = ({ times }: FrameList) => times.at(-1)! - times[0]!

/** As long as is asked for, unless that made too many. */
function partLength(frames: FrameList, askedUs: number): number {
  return Math.max(askedUs, lengthOf(frames) / MOST_PARTS)
}

/** A pass a part, and one that makes all else; what they share is `share` of their group's time. */
export function splitPasses(
  output: PlannedOutput,
  { source, input }: Shared,
  share: number,
): Required<Pick<PassGroup, 'passes' | 'joins'>> {
  const { parts, pieces } = output.split!
  const { tracks } = pieces
  const rest = pieces.rest()
  const ofSound = output.expected.streams.audio > 0 ? JOIN_SHARE.sound : JOIN_SHARE.silent
  const joinShare = rest === null ? 0 : share * (ofSound + (output.sheetArgs === null ? 0 : READ_SHARE))
  // Packets of fields are half a picture each.
  const isExact = !source.selection.video!.stream.interlaced
  const pictures = parts.reduce((sum, { times }) => sum + times.length, 0)
  const segments = parts.map((part, n): Pass => {
    const label = `part ${n + 1} of ${parts.length}`
    const weight = (share - joinShare) * (part.times.length / pictures)
    // ffmpeg tells the time of the whole film, which says nothing of how far a part is.
    const plan = { label, expectedUs: null, expectedFrames: part.times.length, weight }
    const args = partCommand(input, part, tracks)
    return { label, args, wholeInput: null, plan, part: { times: part.times, isExact, tracks: tracks.length } }
  })
  const into = tracks.map((track) => track.into)
  const isStream = output.ladder !== undefined
  const joins = { into, isStream, proved: isStream ? into : [output.relativePath] }
  if (rest === null) return { passes: segments, joins }
  const label = 'join'
  const plan = { label, expectedUs: output.expected.durationUs, expectedFrames: null, weight: joinShare }
  return { passes: [...segments, { label, args: rest, wholeInput: null, plan }], joins }
}
