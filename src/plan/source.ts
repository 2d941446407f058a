import type { OutputWarning, Probe } from '../contract/index.js'
import { isPicture } from '../probe/formats.js'
import type { Chapter } from '../probe/index.js'
import { openInput, openSubtitles } from './open-input.js'
import { inputRange, type Range, rangeOptions, readRange, WHOLE } from './range.js'
import { type Selected, type Selection, selectStreams } from './select-streams.js'
import { coversOf } from './tracks/cover.js'
import type { PlanInput, ReadFile, SubtitleFile, TextFile } from './types.js'

/** Where the subtitles are that can be drawn into a picture, and when each of them is due in it. */
export type Titles = {
  /** Its probe has all tracks, those of the files beside it behind its own. */
  file: ReadFile
  beside: readonly SubtitleFile[]
  /** The time of the picture that is 0, in µs: by the clock of the file, and by that of the files beside it. */
  startUs: number
  besideStartUs: number
  /** How much faster than in the file time passes in the picture. */
  speed: number
  /** Whether the picture is decoded as it is, so that others can be laid over it. */
  isPlain: boolean
}

/** What the outputs of a job are made from: a file, or several after one another as if they were one. */
export type Source = {
  /** The facts that outputs rest on; of several files no single one's. */
  probe: Probe
  /** What of that is taken. */
  range: Range
  selection: Selection
  /** Pictures that may be its cover art. */
  covers: Selected[]
  /** Parts of it with names; null: those that the file has. */
  chapters: readonly Chapter[] | null
  /** What `command` reads beside the inputs. */
  texts: readonly TextFile[]
  /** What stays behind of it whatever the output. */
  warnings: OutputWarning[]
  /** What stays behind but for what is drawn into the picture. */
  undrawn: OutputWarning[]
  /** Null: it is made of several files. */
  titles: Titles | null
  /** Its path, where the place in it may tell how far a pass is; null: there is none such. */
  path: string | null
  /** What a person says of its whole length, for progress; null: nothing. */
  expectedDurationMs: number | null
  /**
   * ffmpeg's arguments that read a part of it and make outputs, each out of options and a place. `copies`: one of them takes
   * packets as they are.
   */
  command(range: Range, outputs: readonly (readonly string[])[], reading?: { copies: boolean }): string[]
}

/** One file, as it is. */
export function fileSource(input: PlanInput): Source {
  const { probe, expectedDurationMs, capabilities, inputPath, beside = [] } = input
  const range = isPicture(probe.container) ? WHOLE : inputRange(probe, input)
  const selection = selectStreams(probe, { ...input, ...input.limits, startUs: range.startUs })
  const { startUs } = readRange(probe.container, range).input
  return {
    probe,
    range,
    selection,
    covers: coversOf(input, 0),
    chapters: null,
    texts: [],
    warnings: [],
    undrawn: [],
    titles: { file: input, beside, startUs, besideStartUs: startUs - range.startUs, speed: 1, isPlain: true },
    path: inputPath,
    expectedDurationMs,
    command(part, outputs, reading) {
      const read = readRange(probe.container, part)
      return [
        ...processOptions(capabilities),
        ...rangeOptions(read.input),
        // Packets without times, as in AVI, can't be copied into an MP4.
        ...(reading?.copies ? ['-fflags', '+genpts'] : []),
        ...openInput(input, selection.video !== null),
        ...(outputs.some((args) => beside.some((_, n) => args.includes(besideSpecifier(n))))
          ? beside.flatMap((file) => openSubtitles(file, input.limits, read.decoded.startUs))
          : []),
        ...outputs.flatMap((args) => [...rangeOptions(read.decoded), ...args]),
      ]
    },
  }
}

/** The track of file `n`, which is opened behind the input. */
export function besideSpecifier(n: number): string {
  return `${n + 1}:s:0`
}

/** Before 5.1 the mode of frame rates is an option of the whole process. */
export function processOptions({ fpsMode }: Pick<PlanInput['capabilities'], 'fpsMode'>): string[] {
  return fpsMode ? [] : ['-vsync', 'vfr']
}
