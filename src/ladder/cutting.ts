/** The tracks of a ladder, cut beside one another: when ffmpeg has written them, or while it does. */
import { join } from 'node:path'
import { FfleetError } from '../contract/index.js'
import { MalformedError } from '../isobmff/index.js'
import type { LadderLayout, LadderTrack } from '../plan/ladder/layout.js'
import { atKeyFrames, nextTo } from './cut.js'
import { type LadderFacts, seconds, type Track } from './facts.js'
import { writeSubtitles } from './write-subtitles.js'
import { cutTrack, type TrackCutting } from './write-track.js'

/** By how much borders of two rungs may differ, in seconds: the rounding of their clocks. */
const SAME_BORDER_S = 0.001

/** Of a segment: no border of the pictures is nearer than that to the one before it. */
const SURE_SHARE = 0.25

/** All of a sound in one file, in the attempt folder, beside those of other outputs: for readers that know no playlists. */
export const wholeSound = ({ file }: Pick<LadderTrack, 'file'>): string => `whole-${file}`

/** `folder`: where the tracks are written; `into`: where the folders of segments go. */
export type Where = { folder: string; into: string; signal?: AbortSignal | undefined }

/** What is whole by now. */
export type Cut = Pick<LadderFacts, 'pictures' | 'sounds'>

/**
 * Calls must not overlap. All throw FfleetError OUTPUT_INVALID, naming the track, where it is not what it should be, such as one whose key
 * frames lie elsewhere than those of the others; system errors.
 */
export type Cutting = {
  /** Cuts what is there by now, and nothing that what is still to come could change; null: some track has not begun. */
  advance(): Promise<Cut | null>
  /** All of it, once nothing is written any more. */
  end(): Promise<LadderFacts>
  close(): Promise<void>
}

type Opened = { planned: LadderTrack; cutting: TrackCutting | null; open(): Promise<TrackCutting | null> }

export function startCutting(layout: LadderLayout, { folder, into, signal }: Where): Cutting {
  const { segmentMs } = layout
  /** Where segments of the pictures begin, from the second one on, in seconds. */
  const borders: number[] = []
  let origin: number | null = null

  const opening = (
    planned: LadderTrack,
    more: () => Omit<Parameters<typeof cutTrack>[2], 'name' | 'signal'>,
  ): Opened => ({
    planned,
    cutting: null,
    async open() {
      const { file, name } = planned
      this.cutting ??= await cutTrack(join(folder, file), join(into, name), { name, signal, ...more() })
      return this.cutting
    },
  })
  const pictures = layout.pictures.map((rung) =>
    opening(rung, () => ({
      cutter: (timescale) => atKeyFrames({ timescale, segmentMs }),
      ...(origin !== null && { origin }),
    })),
  )
  const sounds = layout.sounds.map((sound) =>
    opening(sound, () => ({
      cutter: (timescale) => nextTo(borders, { timescale, segmentMs }),
      origin: origin ?? 0,
      whole: join(folder, wholeSound(sound)),
    })),
  )

  function noteBorders(track: Track): void {
    for (const { start } of track.segments.slice(borders.length + 1)) borders.push(seconds(track, start))
  }

  function factsOf(): Cut {
    return {
      pictures: pictures.map(({ cutting }, n) => ({ ...cutting!.track(), range: layout.pictures[n]!.range })),
      sounds: sounds.map(({ cutting }, n) => {
        const { language, title, isDefault } = layout.sounds[n]!
        return { ...cutting!.track(), language, title, isDefault }
      }),
    }
  }

  /** Null: it has not begun. */
  async function begun(track: Opened): Promise<TrackCutting | null> {
    return await track.open().catch((error) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
      throw error
    })
  }

  async function advance(): Promise<Cut | null> {
    let areAll = true
    for (const rung of pictures) {
      const cutting = await told(rung.planned, begun(rung))
      if (cutting === null) return null
      await told(rung.planned, cutting.advance())
      origin ??= cutting.origin()
      if (origin === null) return null
    }
    const [first, ...others] = pictures.map(({ cutting }) => cutting!)
    for (const { track } of others) requireSameBorders(first!.track(), track(), { areWhole: false })
    noteBorders(first!.track())
    const open = first!.openFrom()
    if (open === null) return null
    // The one that is open begins where the last of the whole ones ends.
    if (first!.track().segments.length > borders.length) borders.push(open)
    for (const sound of sounds) {
      const cutting = await told(sound.planned, begun(sound))
      if (cutting === null) areAll = false
      else await told(sound.planned, cutting.advance(open + (SURE_SHARE * segmentMs) / 1_000))
    }
    return areAll ? factsOf() : null
  }

  async function finish(track: Opened): Promise<TrackCutting> {
    const cutting = await track.open()
    if (cutting === null) throw new MalformedError('A track without a header.')
    await cutting.end()
    return cutting
  }

  async function end(): Promise<LadderFacts> {
    for (const rung of pictures) {
      const cutting = await told(rung.planned, finish(rung))
      origin ??= cutting.origin()
    }
    const [first, ...others] = pictures.map(({ cutting }) => cutting!.track())
    for (const track of others) requireSameBorders(first!, track, { areWhole: true })
    noteBorders(first!)
    for (const sound of sounds) await told(sound.planned, finish(sound))
    const spans = spansOf(first!)
    const subtitles: LadderFacts['subtitles'] = []
    for (const track of layout.subtitles) {
      subtitles.push(await writeSubtitles(join(folder, track.file), join(into, track.name), track, spans))
    }
    return { ...factsOf(), subtitles }
  }

  return {
    advance,
    end,
    async close() {
      for (const { cutting } of [...pictures, ...sounds]) await cutting?.close()
    },
  }
}

/** In seconds. */
function spansOf(track: Track): { start: number; duration: number }[] {
  return track.segments.map(({ start, duration }) => ({
    start: seconds(track, start),
    duration: seconds(track, duration),
  }))
}

/** `areWhole`: there are to be as many as well. */
function requireSameBorders(first: Track, other: Track, { areWhole }: { areWhole: boolean }): void {
  const [spans, others] = [spansOf(first), spansOf(other)]
  const compared = areWhole ? spans : spans.slice(0, others.length)
  const i = compared.findIndex(({ start }, n) => Math.abs(start - (others[n]?.start ?? Infinity)) >= SAME_BORDER_S)
  if (i < 0 && (!areWhole || spans.length === others.length)) return
  const at = (i < 0 ? others[spans.length]! : spans[i]!).start.toFixed(3)
  throw new FfleetError('OUTPUT_INVALID', `${other.name} has other key frames than ${first.name}, from ${at} s on.`)
}

async function told<T>({ name }: LadderTrack, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error
    throw new FfleetError('OUTPUT_INVALID', `${name} can not be cut into segments: ${error.message}`, { cause: error })
  }
}
