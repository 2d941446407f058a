/** Cues of a file of subtitles: WebVTT, SRT or ASS, as ffmpeg and people write them. */
import type { SubtitleFormat } from '../contract/index.js'

/** In µs from the begin of the film; `lines` are all of it, the first of them with its times unless it is numbered. */
export type Cue = { startUs: number; endUs: number; lines: string[]; timing: number }
export type CueSheet = { format: SubtitleFormat; head: string[]; cues: Cue[] }

const CLOCK = String.raw`((?:\d+:)?\d+:\d\d[.,]\d{1,3})`
const TIMING: Record<SubtitleFormat, RegExp> = {
  vtt: new RegExp(`^()${CLOCK}([ \\t]*-->[ \\t]*)${CLOCK}`),
  srt: new RegExp(`^([ \\t]*)${CLOCK}([ \\t]*-->[ \\t]*)${CLOCK}`),
  ass: new RegExp(`^(Dialogue: [^,]*,) *${CLOCK}( *, *)${CLOCK}`),
}

const BETWEEN: Record<SubtitleFormat, string> = { vtt: ' --> ', srt: ' --> ', ass: ',' }

export function readCues(text: string, format: SubtitleFormat): CueSheet {
  const lines = text.split(/\r?\n/)
  const head: string[] = []
  const cues: Cue[] = []
  for (const line of lines) {
    const times = TIMING[format].exec(line)
    const into = cues.at(-1)?.lines ?? head
    if (times === null) {
      into.push(line)
      continue
    }
    // The number of a cue stands before its times.
    const number = format === 'srt' && /^\s*\d+\s*$/.test(into.at(-1) ?? '') ? [into.pop()!] : []
    cues.push({
      startUs: toUs(times[2]!),
      endUs: toUs(times[4]!),
      lines: [...number, line],
      timing: number.length,
    })
  }
  return { format, head, cues }
}

/** Those that are shown in the range, from its begin on; one that goes over an end is cut there. */
export function cutCues({ format, head, cues }: CueSheet, startUs: number, limitUs: number | null): CueSheet {
  const length = limitUs ?? Number.POSITIVE_INFINITY
  const shown = cues.filter((cue) => cue.endUs > startUs && cue.startUs < startUs + length)
  const moved = shown.map((cue, i): Cue => {
    const from = Math.max(0, cue.startUs - startUs)
    const to = Math.min(length, cue.endUs - startUs)
    const lines = cue.lines.with(
      cue.timing,
      cue.lines[cue.timing]!.replace(TIMING[format], (_, before) => {
        return `${before.trimStart()}${clock(from, format)}${BETWEEN[format]}${clock(to, format)}`
      }),
    )
    return { ...cue, startUs: from, endUs: to, lines: cue.timing === 1 ? lines.with(0, String(i + 1)) : lines }
  })
  return { format, head, cues: moved }
}

export function writeCues({ head, cues }: CueSheet): string {
  const text = [...head, ...cues.flatMap(({ lines }) => lines)].join('\n')
  return text.endsWith('\n') ? text : `${text}\n`
}

function toUs(text: string): number {
  const [whole = '', fraction = ''] = text.split(/[.,]/)
  const seconds = whole.split(':').reduce((sum, part) => sum * 60 + Number(part), 0)
  return seconds * 1e6 + Number(fraction.padEnd(6, '0'))
}

/** As each format has it: `00:01.500` or `01:00:01.500`, `00:00:01,500`, `0:00:01.50`. */
function clock(us: number, format: SubtitleFormat): string {
  const ms = format === 'ass' ? Math.round(us / 1e4) * 10 : Math.round(us / 1e3)
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0')
  const hours = Math.floor(ms / 3_600_000)
  const rest = `${two((ms / 60_000) % 60)}:${two((ms / 1_000) % 60)}`
  const fraction = String(ms % 1_000).padStart(3, '0')
  if (format === 'srt') return `${two(hours)}:${rest},${fraction}`
  if (format === 'ass') return `${hours}:${rest}.${fraction.slice(0, 2)}`
  return `${hours > 0 ? `${two(hours)}:` : ''}${rest}.${fraction}`
}
