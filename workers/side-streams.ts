import type { Probe } from '../src/contract/index.js'
import { undecodableStream } from '../src/diagnosis/index.js'
import { parseLogLine } from '../src/ffmpeg/index.js'
import type { GroupOutput, PassGroup } from '../src/plan/index.js'
import { StreamMissing } from '../src/verify/index.js'
import { EncodeFailed } from './stages/encode.js'

/**
 * The stream that a group failed by and can do without: the sound of a film, or one of several of its kind. By index; null
 * when it failed by anything else, and the job with it.
 */
export function lostSideStream(
  error: unknown,
  probe: Probe,
  group: PassGroup,
  undecodable: ReadonlySet<number>,
): number | null {
  const cover = lostCover(error, group)
  if (cover !== null) return cover
  const index = lostBy(error, group)
  const stream = probe.streams.find((each) => each.index === index)
  const isUsed = group.outputs.some(({ from }) => isIn(from, index))
  if (index === null || stream === undefined || !isUsed || undecodable.has(index)) return null
  const isSide =
    stream.type === 'subtitle' || (stream.type === 'audio' && group.outputs.every(({ from }) => from.video !== null))
  const others = probe.streams.filter(
    (each) =>
      each.type === stream.type && each.index !== index && !undecodable.has(each.index) && !each.attachedPicture,
  )
  return isSide || others.length > 0 ? index : null
}

/** A cover that is no picture keeps ffmpeg from beginning the file that it is carried into. */
const NO_PICTURE = /dimensions not set/

function lostCover(error: unknown, group: PassGroup): number | null {
  if (!(error instanceof EncodeFailed) || !error.result.logTail.some((line) => NO_PICTURE.test(line))) return null
  return group.outputs.find(({ from }) => from.cover !== undefined)?.from.cover ?? null
}

function isIn({ video, audio, subtitles }: GroupOutput['from'], index: number | null): boolean {
  return index !== null && (video === index || audio.includes(index) || subtitles.includes(index))
}

function lostBy(error: unknown, group: PassGroup): number | null {
  if (error instanceof StreamMissing) {
    const { type, position } = error
    const lost = group.outputs.map(({ from }) => (type === 'video' ? from.video : (from.audio[position] ?? null)))
    return lost.find((index) => index !== null) ?? null
  }
  if (!(error instanceof EncodeFailed)) return null
  const { errors, warnings, logTail } = error.result
  return undecodableStream([...errors, ...warnings, ...logTail.map((line) => parseLogLine(line).text)])
}
