/** What fluent-ffmpeg's listeners get, in its shapes. */
import type { ProgressSnapshot } from '../contract/index.js'

export type FluentProgress = {
  frames?: number
  currentFps?: number
  currentKbps?: number
  /** kB. */
  targetSize?: number
  timemark?: string
  /** 0 to 100, never falling; left out where it can't be known. */
  percent?: number
  /** The snapshot of ffleet that all of it comes from. */
  ffleet: ProgressSnapshot
}

/** No figure is NaN: what is not known is left out. */
export function progressOf(snapshot: ProgressSnapshot): FluentProgress {
  const { frame, fps, bitrate, bytesWritten, outTimeUs, percent } = snapshot
  return {
    ...(frame !== null && { frames: frame }),
    ...(fps !== null && { currentFps: Math.round(fps) }),
    ...(bitrate !== null && { currentKbps: bitrate / 1_000 }),
    ...(bytesWritten !== null && { targetSize: Math.round(bytesWritten / 1_024) }),
    ...(outTimeUs !== null && { timemark: timemark(outTimeUs) }),
    ...(percent !== null && { percent }),
    ffleet: snapshot,
  }
}

/** `00:01:30.50` */
function timemark(us: number): string {
  const hundredths = Math.round(Math.max(0, us) / 10_000)
  const two = (n: number) => String(Math.floor(n)).padStart(2, '0')
  const seconds = hundredths / 100
  return `${two(seconds / 3_600)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}.${two(hundredths % 100)}`
}

export type CodecData = {
  format: string
  duration: string
  audio: string
  video: string
  audio_details?: string[]
  video_details?: string[]
}

/** Reads what ffmpeg says of its inputs; the data of all is there when it has come to its outputs. */
export class CodecReader {
  readonly #inputs: CodecData[] = []
  #isInput = false

  /** The data of every input, once; else null. */
  read(line: string): CodecData[] | null {
    const format = /^Input #\d+, ([^ ]+),/.exec(line)?.[1]
    if (format !== undefined) {
      this.#isInput = true
      this.#inputs.push({ format, audio: '', video: '', duration: '' })
    } else if (/^Stream mapping:|^Press (\[q\]|ctrl-c) to stop/.test(line)) return this.#inputs
    else if (/^Output #\d+/.test(line)) this.#isInput = false
    const input = this.#inputs.at(-1)
    if (!this.#isInput || !input) return null
    const duration = /Duration: ([^,]+)/.exec(line)?.[1]
    if (duration !== undefined) input.duration = duration
    for (const [kind, word] of [
      ['audio', 'Audio'],
      ['video', 'Video'],
    ] as const) {
      const details = new RegExp(`${word}: (.*)`).exec(line)?.[1]?.split(', ')
      if (details === undefined) continue
      input[kind] = details[0]!
      input[`${kind}_details`] = details
    }
    return null
  }
}

/** The last lines of a log that no part of ffmpeg speaks in: what fluent-ffmpeg calls its error. */
export function lastWords(stderr: string): string {
  const lines = stderr.split(/\r\n|\r|\n/)
  const last = lines.findLastIndex((line) => line.startsWith(' ') || line.startsWith('['))
  return lines.slice(last + 1).join('\n')
}
