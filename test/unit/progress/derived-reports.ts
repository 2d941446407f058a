import { type RecordedReport, type ReportMeta, recordedReport, timedBlocks } from './recorded-reports.js'

/**
 * Reports of versions and situations that were not recorded, put together from recorded ones or printed here as
 * `print_report()` of fftools/ffmpeg.c prints them. `fixtures/reports/README.md` says what each stands for.
 */
export type DerivedReport = { path: string; progress: string; meta: ReportMeta }

/** INT64_MIN + 1: up to 6.x the time before the first packet. */
const SENTINEL_US = -9_223_372_036_854_775_807n

/** What `print_report()` is called with. A time of null prints as `N/A`, a frame of null is a job without video. */
type Printed = {
  atMs: number
  frame?: number | null
  outTimeUs: number | bigint | null
  bytes?: number | null
  q?: number
  dup?: number
  end?: boolean
}

export function derivedReports(): DerivedReport[] {
  return [...OLD, ...SIX, ...SEVEN_AND_LATER, ...EXPECTATIONS, ...STANDSTILL].map((derive) => derive())
}

type Derive = () => DerivedReport

const OLD: Derive[] = [
  () => {
    const report = everyHalfSecond(recordedReport('5.1.9', 'av_mp4_default_period'))
    const blocks = report.map(({ atMs, text }) => ({ atMs, text: text.replace(/^out_time_us=.*\n/m, '') }))
    return put(
      '4.0-derived/av_mp4',
      '5.1.9/av_mp4_default_period without its first block and without out_time_us',
      blocks,
    )
  },
  () => {
    const blocks = everyHalfSecond(recordedReport('5.1.9', 'av_mp4_default_period'))
    return put('4.1-derived/av_mp4', '5.1.9/av_mp4_default_period without its first block', blocks)
  },
  () => {
    const blocks = everyHalfSecond(recordedReport('5.1.9', 'audio_only'))
    return put('4.3-derived/audio_only', '5.1.9/audio_only, a block every 0.5 s', blocks)
  },
  () => {
    const blocks = everyHalfSecond(recordedReport('5.1.9', 'bframes_bf'))
    return put('4.3-derived/bframes_bf', '5.1.9/bframes_bf, a block every 0.5 s', blocks)
  },
]

const SIX: Derive[] = [
  () => {
    const first = { atMs: 60, text: print({ atMs: 60, frame: 0, outTimeUs: SENTINEL_US, bytes: 48, q: 0 }) }
    const rest = textBlocks(recordedReport('7.1.5', 'av_mp4_default_period'))
    return put('6.1-derived/av_mp4', 'a sentinel block, then 7.1.5/av_mp4_default_period', [first, ...rest])
  },
  () => {
    const printed = [
      { atMs: 60, frame: 0, outTimeUs: SENTINEL_US, bytes: 0, q: 0 },
      { atMs: 560, frame: 1, outTimeUs: -40_000, bytes: 0, q: 28 },
      ...steps(5, (n) => ({
        atMs: 560 + n * 500,
        frame: 1 + n * 13,
        outTimeUs: -40_000 + n * 520_000,
        bytes: n * 20_000,
      })),
      { atMs: 3_100, frame: 75, outTimeUs: 2_880_000, bytes: 135_000, q: -1, end: true },
    ]
    return printedReport('6.1-derived/live_ts', 'printed: sentinel, then a negative time, nothing written yet', printed)
  },
]

const SEVEN_AND_LATER: Derive[] = [
  () => {
    const printed = [
      ...steps(20, (n) => ({ atMs: n * 500, frame: n * 50, outTimeUs: null, bytes: n * 40_000 })),
      { atMs: 10_100, frame: 1_000, outTimeUs: null, bytes: 800_000, q: -1, end: true },
    ]
    return printedReport('7.1-derived/no_time', 'printed: time is N/A for the whole job (some VAAPI encoders)', printed)
  },
  () => {
    const printed = [
      { atMs: 500, frame: 0, outTimeUs: null, bytes: 48, q: 0 },
      { atMs: 1_000, frame: 30, outTimeUs: null, bytes: 48 },
      ...steps(12, (n) => ({
        atMs: 1_000 + n * 500,
        frame: 30 + n * 60,
        outTimeUs: 1_200_000 + n * 2_400_000,
        bytes: n * 90_000,
      })),
      { atMs: 7_100, frame: 750, outTimeUs: 5_000_000, bytes: 1_100_000, q: -1, end: true },
    ]
    return printedReport(
      '8.1-derived/two_audio_lengths',
      'printed: N/A until every stream has data, then the least of the unfinished; at the end the least of all (5 s audio)',
      printed,
    )
  },
  () => {
    const printed = [
      ...steps(8, (n) => ({ atMs: n * 500, frame: n * 60, outTimeUs: n * 2_400_000, bytes: n * 90_000 })),
      ...steps(3, (n) => ({ atMs: 4_000 + n * 500, frame: 480 + n * 60, outTimeUs: null, bytes: 720_000 })),
      // The stream that was furthest has finished: the greatest time of the others is less.
      ...steps(2, (n) => ({
        atMs: 5_500 + n * 500,
        frame: 660 + n * 30,
        outTimeUs: 17_000_000 + n * 2_000_000,
        bytes: 900_000,
      })),
      { atMs: 6_700, frame: 750, outTimeUs: 30_000_000, bytes: 1_100_000, q: -1, end: true },
    ]
    return printedReport(
      '9.0-derived/time_unknown_again',
      'printed: N/A again in between, then an earlier time',
      printed,
    )
  },
]

const EXPECTATIONS: Derive[] = [
  () => {
    const printed = [
      ...steps(11, (n) => ({ atMs: n * 500, frame: null, outTimeUs: n * 3_000_000, bytes: n * 40_000 })),
      { atMs: 5_600, frame: null, outTimeUs: 33_000_000, bytes: 450_000, end: true },
    ]
    return printedReport(
      '5.1-derived/audio_vbr',
      'printed: a VBR AAC of which 30 s were expected and 33 s came',
      printed,
    )
  },
  () => {
    const printed = [
      ...steps(31, (n) => ({ atMs: n * 100, frame: n * 2, outTimeUs: n * 1_000_000, bytes: null })),
      { atMs: 3_150, frame: 62, outTimeUs: 31_000_000, bytes: null, end: true },
    ]
    return printedReport('5.1-derived/images_2fps', 'printed: `-r 2` images of 30 s end at 31 s', printed)
  },
  () => {
    const printed = [
      { atMs: 60, frame: 1, outTimeUs: 40_000, bytes: 48 },
      { atMs: 200, frame: 12, outTimeUs: 480_000, bytes: 48 },
      { atMs: 230, frame: 12, outTimeUs: 480_000, bytes: 20_000, q: -1, end: true },
    ]
    return printedReport('5.1-derived/header_claims_35s', 'printed: 0.5 s of media under a header of 35 s', printed)
  },
  () => {
    const printed = [
      ...steps(12, (n) => ({ atMs: n * 500, frame: n * 20, outTimeUs: n * 2_050_000, bytes: n * 90_000 })),
      { atMs: 6_200, frame: 240, outTimeUs: 24_600_000, bytes: 1_100_000, q: -1, end: true },
    ]
    return printedReport(
      '5.1-derived/vfr_ends_early',
      'printed: variable frame rate, the last frame stands at 82 % of 30 s',
      printed,
    )
  },
]

const STANDSTILL: Derive[] = [
  () => {
    const printed = [
      ...steps(20, (n) => ({ atMs: n * 500, frame: n * 37, outTimeUs: n * 1_480_000, bytes: n * 9_000_000 })),
      // Silence from here on: the whole file is moved to make room for its index.
      { atMs: 70_000, frame: 750, outTimeUs: 30_000_000, bytes: 190_000_000, q: -1, end: true },
    ]
    return printedReport(
      '5.1-derived/faststart_long',
      'printed: a minute of silence between the last block and `end`',
      printed,
    )
  },
  () => {
    const printed = [
      ...steps(20, (n) => ({ atMs: n * 500, frame: n * 15, outTimeUs: n * 600_000, bytes: n * 90_000 })),
      ...steps(60, (n) => ({ atMs: 10_000 + n * 500, frame: 300, outTimeUs: 12_000_000, bytes: 1_800_000 })),
      ...steps(30, (n) => ({
        atMs: 40_000 + n * 500,
        frame: 300 + n * 15,
        outTimeUs: 12_000_000 + n * 600_000,
        bytes: 1_800_000 + n * 90_000,
      })),
      { atMs: 55_100, frame: 750, outTimeUs: 29_920_000, bytes: 4_500_000, q: -1, end: true },
    ]
    return printedReport(
      '7.1-derived/stalled',
      'printed: blocks keep coming for 30 s, neither time nor frames advance',
      printed,
    )
  },
  () => {
    const printed = [
      ...steps(360, (n) => {
        const frame = Math.floor(n / 6)
        return { atMs: n * 500, frame, outTimeUs: frame * 40_000, bytes: frame * 20_000 }
      }),
      { atMs: 180_100, frame: 60, outTimeUs: 2_400_000, bytes: 1_200_000, q: -1, end: true },
    ]
    return printedReport('7.1-derived/slow_encoder', 'printed: one frame every 3 s, a block every 0.5 s', printed)
  },
]

function steps(count: number, step: (n: number) => Printed): Printed[] {
  return Array.from({ length: count }, (_, index) => step(index + 1))
}

type TextBlock = { atMs: number; text: string }

function textBlocks(report: RecordedReport): TextBlock[] {
  const texts = new TextDecoder().decode(report.bytes).match(/[\s\S]*?progress=(?:continue|end)\n/g) ?? []
  return timedBlocks(report).map(({ atMs }, index) => ({ atMs, text: texts[index]! }))
}

/** Up to 4.3 a block comes every 0.5 s, and none before. */
function everyHalfSecond(report: RecordedReport): TextBlock[] {
  let lastMs = 0
  return textBlocks(report).filter(({ atMs, text }) => {
    const due = atMs - lastMs >= 490 || text.endsWith('progress=end\n')
    if (due) lastMs = atMs
    return due
  })
}

function printedReport(path: string, how: string, printed: Printed[]): DerivedReport {
  return put(
    path,
    how,
    printed.map((one) => ({ atMs: one.atMs, text: print(one) })),
  )
}

function put(path: string, how: string, blocks: TextBlock[]): DerivedReport {
  const [folder = '', name = ''] = path.split('/')
  return {
    path,
    progress: blocks.map(({ text }) => text).join(''),
    meta: {
      name,
      derived: how,
      argv: [],
      ffmpeg: folder.replace('-derived', ''),
      exitCode: 0,
      signal: null,
      wallSeconds: (blocks.at(-1)!.atMs + 10) / 1_000,
      events: [],
      chunks: blocks.map(({ atMs, text }) => ({ t: atMs / 1_000, bytes: text.length })),
    },
  }
}

function print({ atMs, frame = null, outTimeUs, bytes = null, q = 28, dup = 0, end = false }: Printed): string {
  const seconds = atMs / 1_000
  const time = outTimeUs === null ? null : Number(outTimeUs)
  const fps = seconds > 1 ? (frame ?? 0) / seconds : 0
  const video = frame === null ? '' : `frame=${frame}\nfps=${fps.toFixed(2)}\nstream_0_0_q=${q.toFixed(1)}\n`
  const kilobits = time && bytes !== null ? (bytes * 8) / (time / 1_000) : -1
  const speed = time === null ? -1 : time / 1e6 / seconds
  return `${video}bitrate=${kilobits < 0 ? 'N/A' : `${fixed1(kilobits).padStart(6)}kbits/s`}
total_size=${bytes ?? 'N/A'}
out_time_us=${outTimeUs ?? 'N/A'}
out_time_ms=${outTimeUs ?? 'N/A'}
out_time=${clock(outTimeUs)}
dup_frames=${dup}
drop_frames=0
speed=${speed < 0 ? 'N/A' : `${threeDigits(speed).padStart(4)}x`}
progress=${end ? 'end' : 'continue'}
`
}

/** `%.1f`, which keeps the sign of a negative zero. */
function fixed1(value: number): string {
  return Object.is(value, -0) ? '-0.0' : value.toFixed(1)
}

/** `%.3g` */
function threeDigits(value: number): string {
  const rounded = Number(value.toPrecision(3))
  if (rounded === 0 || (rounded >= 1e-4 && rounded < 1e3)) return String(rounded)
  const [mantissa, exponent = ''] = rounded.toExponential().split('e')
  return `${mantissa}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`
}

function clock(outTimeUs: number | bigint | null): string {
  if (outTimeUs === null) return 'N/A'
  // Hours of the sentinel overflow to this one in every version.
  if (outTimeUs === SENTINEL_US) return '-577014:32:22.775807'
  const us = Math.abs(Number(outTimeUs))
  const part = (value: number, digits = 2) => String(Math.floor(value)).padStart(digits, '0')
  return `${outTimeUs < 0 ? '-' : ''}${part(us / 3.6e9)}:${part((us / 60e6) % 60)}:${part((us / 1e6) % 60)}.${part(us % 1e6, 6)}`
}
