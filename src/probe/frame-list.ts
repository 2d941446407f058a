import { type FfprobeRunOptions, runFfprobe } from '../ffmpeg/index.js'
import { fileUrl, inputOptions, type ReadingLimits } from './formats.js'

/** When the pictures of a video are shown, in µs from the begin of its file, in this order. */
export type FrameList = {
  times: number[]
  /** Those of them from which on decoding may begin. */
  keys: number[]
  /** Pictures a second as ffmpeg takes them to be, a fraction; null: it can't tell. */
  rate: { num: number; den: number } | null
}

type Options = Omit<FfprobeRunOptions, 'onLine'> & {
  /** The demuxer that it is read with. */
  container: string
  limits?: ReadingLimits | undefined
  /** By its index, or as ffprobe selects streams. */
  stream: number | 'v:0'
}

/** A rate that is none, but the ticks of a clock: then the average counts, as ffmpeg has it (av_guess_frame_rate). */
const MOST_RATE = 210
const MOST_AVERAGE = 70

/**
 * Lists the pictures of a video by its packets, without decoding one. By ffprobe, so that times and pictures that an edit list leaves out
 * are those that ffmpeg will see. Null where it can't be read, or some pictures don't say when they are shown.
 */
export async function listFrames({ container, limits, stream, ...run }: Options): Promise<FrameList | null> {
  const reading = new FrameReading()
  const entries = 'format=start_time:stream=r_frame_rate,avg_frame_rate:packet=pts_time,flags'
  const args = [
    ...['-of', 'compact=nk=0', '-show_entries', entries, '-select_streams', `${stream}`],
    ...inputOptions(container, limits),
    ...['-i', fileUrl(run.file)],
  ]
  const { ok } = await runFfprobe(args, { ...run, onLine: (line) => reading.line(line) })
  return ok ? reading.end() : null
}

/** Reads what ffprobe writes, `packet|pts_time=…|flags=…` a line. Reads any text. */
class FrameReading {
  readonly #times: { us: number; isKey: boolean }[] = []
  #isWhole = true
  #rate: FrameList['rate'] = null
  #startUs = 0

  line(text: string): void {
    const [section, ...fields] = text.split('|')
    const values = new Map(fields.map((field) => field.split('=', 2) as [string, string]))
    if (section === 'packet') this.#packet(values.get('pts_time'), values.get('flags') ?? '')
    if (section === 'stream') this.#rate = rateOf(values.get('r_frame_rate'), values.get('avg_frame_rate'))
    if (section === 'format') this.#startUs = micros(values.get('start_time')) ?? 0
  }

  end(): FrameList | null {
    if (!this.#isWhole || this.#times.length === 0) return null
    const shown = this.#times.map(({ us, isKey }) => ({ us: us - this.#startUs, isKey })).sort((a, b) => a.us - b.us)
    const keys = shown.flatMap(({ us, isKey }) => (isKey ? [us] : []))
    return { times: shown.map(({ us }) => us), keys, rate: this.#rate }
  }

  /** `D`: an edit list leaves it out. */
  #packet(time: string | undefined, flags: string): void {
    if (flags.includes('D')) return
    const us = micros(time)
    if (us === null) this.#isWhole = false
    else this.#times.push({ us, isKey: flags.includes('K') })
  }
}

function rateOf(real: string | undefined, average: string | undefined): FrameList['rate'] {
  const [first, second] = [fraction(real), fraction(average)]
  const isClock = first !== null && second !== null && quotient(first) > MOST_RATE && quotient(second) < MOST_AVERAGE
  return isClock ? second : (first ?? second)
}

const quotient = ({ num, den }: { num: number; den: number }) => num / den

function fraction(text: string | undefined): { num: number; den: number } | null {
  const [num = 0, den = 0] = (text ?? '').split('/').map(Number)
  return num > 0 && den > 0 ? { num, den } : null
}

function micros(text: string | undefined): number | null {
  const seconds = text === undefined || text === '' ? Number.NaN : Number(text)
  return Number.isFinite(seconds) ? Math.round(seconds * 1e6) : null
}
