import type { Job, ProgressSnapshot } from '../../contract/index.js'
import { countParts } from '../../contract/part-signs.js'
import { formatBytes, formatClock, formatLongSpan, formatPercent, formatSpan, formatSpeed } from './figures.js'
import { type JobView, waitWords } from './job-view.js'
import type { Paint, Style } from './style.js'
import { displayWidth, padEnd, padStart, printable, shorten } from './text.js'

type LineOptions = {
  columns: number
  style: Style
  /** Drives the indeterminate bar, and tells how old the last word is; by `performance.now()`. */
  nowMs: number
  /** Least columns of the label, so that the bars of several jobs stand below each other. */
  labelColumns?: number
}

/** Parts of a line in their order; when it gets narrow those of the highest `drop` go first, those of 0 stay. */
type Part = { text: string; drop: number; paint?: Paint | undefined }
const DROP = { bytes: 8, fps: 7, time: 6, speed: 5, attempt: 4, bar: 3, phase: 2, eta: 1, never: 0 }

/** Media that stands still for so long is worth a word. */
const STALL_SHOWN_MS = 5_000
/** What nothing was heard of for so long is not shown as if it were so now. */
const SILENCE_SHOWN_MS = 5_000
const [BAR_MIN, BAR_MAX] = [12, 30]
const LABEL_MIN = 24
const GAP = '  '

/** One job on one line of at most `columns` - 1 columns, so that no terminal wraps it. */
export function jobLine(view: JobView, options: LineOptions): string {
  const { style, nowMs } = options
  const room = Math.max(1, options.columns - 1)
  const name = labelOf(view, style)
  let parts = partsOf(view, style, nowMs)
  let hasBar = view.state === 'active'
  const labelRoom = () =>
    room -
    (hasBar ? BAR_MIN + GAP.length : 0) -
    parts.reduce((sum, part) => sum + displayWidth(part.text) + GAP.length, 0)
  const enough = Math.min(displayWidth(name), LABEL_MIN)
  for (let drop = DROP.bytes; drop > DROP.never && labelRoom() < enough; drop--) {
    if (drop === DROP.bar) hasBar = false
    parts = parts.filter((part) => part.drop !== drop)
  }
  const free = labelRoom()
  if (free < 1) return shorten(parts[0]!.text, room)
  const least = Math.min(free, options.labelColumns ?? 0)
  const label = padEnd(shorten(name, Math.max(least, Math.min(free, displayWidth(name)))), least)
  const pieces = [style.bold(label)]
  if (hasBar) pieces.push(bar(view, Math.min(BAR_MAX, BAR_MIN + free - displayWidth(label)), style, nowMs))
  for (const part of parts) pieces.push(part.paint ? part.paint(part.text) : part.text)
  return pieces.join(GAP)
}

function labelOf(view: JobView, style: Style): string {
  return printable(style.unicode ? view.label : view.label.replaceAll('→', '>'))
}

/** How long nothing was heard of a job that runs, where that is long. */
function silenceOf(view: JobView, nowMs: number): number | null {
  const silentMs = view.heardAtMs === null ? 0 : nowMs - view.heardAtMs
  return view.state === 'active' && silentMs >= SILENCE_SHOWN_MS ? silentMs : null
}

function partsOf(view: JobView, style: Style, nowMs: number): Part[] {
  if (view.state === 'queued') return [{ text: waiting(view), drop: DROP.never, paint: style.dim }]
  if (view.state !== 'active') return [{ text: view.state, drop: DROP.never }]
  const parts: Part[] = []
  const p = view.progress
  const silentMs = silenceOf(view, nowMs)
  if (silentMs !== null) {
    if (p !== null && p.percent !== null) parts.push({ text: `at ${formatPercent(p.percent)}`, drop: DROP.eta })
    parts.push({ text: `no word for ${formatLongSpan(silentMs)}`, drop: DROP.never, paint: style.warn })
  } else if (p === null) parts.push({ text: view.phase ?? 'starting', drop: DROP.never, paint: style.dim })
  else {
    if (p.percent !== null) parts.push({ text: padStart(formatPercent(p.percent), 6), drop: DROP.never })
    parts.push(...figures(p))
    if (p.stalledForMs >= STALL_SHOWN_MS) {
      parts.push({ text: `stalled ${formatClock(p.stalledForMs)}`, drop: DROP.eta, paint: style.warn })
    } else if (p.basis === 'overrun') {
      parts.push({ text: 'longer than expected', drop: DROP.phase, paint: style.warn })
    } else if (p.etaMs !== null) {
      parts.push({ text: `ETA ${formatClock(p.etaMs)}`, drop: DROP.eta, paint: style.accent })
    }
    parts.push({ text: phaseOf(p), drop: DROP.phase, paint: style.dim })
  }
  if (view.retrying) parts.push({ text: 'will be tried again', drop: DROP.eta, paint: style.warn })
  else if (view.attempt > 1) parts.push({ text: `try ${view.attempt}`, drop: DROP.attempt, paint: style.warn })
  return parts
}

/** What there is to say of how far it is: media time and frames always, so that an unknown percent is no empty line. */
function figures(p: ProgressSnapshot): Part[] {
  if (p.phase === 'fetching' && p.fetchedBytes !== null) {
    const total = p.fetchTotalBytes === null ? '' : ` of ${formatBytes(p.fetchTotalBytes)}`
    return [{ text: `${formatBytes(p.fetchedBytes)}${total}`, drop: DROP.eta }]
  }
  const unknown = p.percent === null
  const parts: Part[] = []
  if (p.outTimeUs !== null)
    parts.push({ text: formatClock(p.outTimeUs / 1000), drop: unknown ? DROP.never : DROP.time })
  if (p.frame !== null && (unknown || p.outTimeUs === null)) {
    parts.push({ text: `${p.frame} frames`, drop: p.outTimeUs === null ? DROP.never : DROP.attempt })
  }
  if (p.speed !== null) parts.push({ text: formatSpeed(p.speed), drop: DROP.speed })
  if (p.fps !== null && p.fps > 0) parts.push({ text: `${Math.round(p.fps)} fps`, drop: DROP.fps })
  if (p.bytesWritten !== null) parts.push({ text: formatBytes(p.bytesWritten), drop: DROP.bytes })
  return parts
}

function phaseOf(p: ProgressSnapshot): string {
  if (p.phase === 'encoding' && p.parts !== undefined) {
    const { made, all, active } = countParts(p.parts)
    return `${made}/${all} parts, ${active} at once`
  }
  if (p.phase !== 'encoding' || p.pass.count === 1) return p.phase
  return `${printable(p.pass.label)} ${p.pass.index}/${p.pass.count}`
}

function waiting(view: JobView): string {
  if (view.retrying) return `waiting for another try (${view.error?.title ?? 'the last one failed'})`
  if (view.waitsFor !== null) return `queued, ${waitWords(view.waitsFor)}`
  return view.queuePosition === null ? 'queued' : `queued, position ${view.queuePosition}`
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

/** Filled to the percent; where that is unknown, a block that wanders and claims nothing. */
function bar(view: JobView, columns: number, style: Style, nowMs: number): string {
  const percent = view.progress?.percent ?? null
  const stalled = (view.progress?.stalledForMs ?? 0) >= STALL_SHOWN_MS || silenceOf(view, nowMs) !== null
  const paint = stalled ? style.warn : style.good
  const [full, empty] = style.unicode ? ['█', '░'] : ['#', '-']
  if (percent === null) {
    const block = Math.max(2, Math.floor(columns / 5))
    const way = columns - block
    const step = Math.floor(nowMs / 150) % (2 * way)
    const at = step < way ? step : 2 * way - step
    return style.dim(empty.repeat(at)) + paint(full.repeat(block)) + style.dim(empty.repeat(way - at))
  }
  const filled = (percent / 100) * columns
  const whole = Math.floor(filled)
  const part = style.unicode && whole < columns ? EIGHTHS[Math.floor((filled - whole) * 8)]! : ''
  const rest = columns - whole - displayWidth(part)
  return paint(full.repeat(whole) + part) + style.dim(empty.repeat(rest))
}

/** The line that stays when a job has ended. */
export function endLine(view: JobView, style: Style): string {
  const name = style.bold(labelOf(view, style))
  const mark = (sign: string, word: string) => (style.unicode ? sign : word)
  switch (view.state) {
    case 'completed':
      return `${style.good(mark('✔', 'done'))} ${name}${GAP}${style.dim(endFacts(view.job))}`
    case 'failed':
      return `${style.bad(mark('✖', 'failed'))} ${name}${GAP}${view.error ? `${view.error.code}: ${view.error.title}` : 'failed'}`
    case 'cancelled':
      return `${style.warn(mark('■', 'cancelled'))} ${name}${GAP}cancelled`
    case 'queued':
    case 'active':
      return name
  }
}

function endFacts(job: Job | null): string {
  if (job === null) return ''
  const sizes = job.outputs.map((output) => output.bytes)
  const bytes = sizes.reduce((sum, size) => (sum === null || size === null ? null : sum + size), 0)
  const took = job.startedAt && job.finishedAt ? Date.parse(job.finishedAt) - Date.parse(job.startedAt) : null
  return [bytes === null ? '' : formatBytes(bytes), took === null ? '' : `in ${formatSpan(took)}`].join(' ').trim()
}
