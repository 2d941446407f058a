import type { OutputWarning, Probe } from '../contract/index.js'
import { isPicture } from '../probe/formats.js'
import type { Chapter } from '../probe/index.js'
import { openInput } from './open-input.js'
import { inputRange, type Range, rangeOptions, readRange, WHOLE } from './range.js'
import { type Selected, type Selection, selectStreams } from './select-streams.js'
import { coversOf } from './tracks/cover.js'
import type { PlanInput, TextFile } from './types.js'

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
  const { probe, expectedDurationMs, capabilities, inputPath } = input
  const range = isPicture(probe.container) ? WHOLE : inputRange(probe, input)
  const selection = selectStreams(probe, { ...input, ...input.limits, startUs: range.startUs })
  return {
    probe,
    range,
    selection,
    covers: coversOf(input, 0),
    chapters: null,
    texts: [],
    warnings: [],
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
        ...outputs.flatMap((args) => [...rangeOptions(read.decoded), ...args]),
      ]
    },
  }
}

/** Before 5.1 the mode of frame rates is an option of the whole process. */
export function processOptions({ fpsMode }: Pick<PlanInput['capabilities'], 'fpsMode'>): string[] {
  return fpsMode ? [] : ['-vsync', 'vfr']
}
