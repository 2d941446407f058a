/** A batch as a person, or a program, reads it: what it would do, and what it did. */
import { createInterface } from 'node:readline/promises'
import { UsageError } from '../exit.js'
import { onInterruption } from '../interrupt.js'
import { stdoutColumns, stdoutStyle } from '../print.js'
import { count, formatBytes, formatClock, formatLongSpan } from '../render/figures.js'
import { facts, table } from '../render/table.js'
import { printable } from '../render/text.js'
import type { Skipped } from '../request/inputs.js'
import { shownPath } from '../run/run-summary.js'
import type { End } from './journal.js'
import type { BatchPlan, Planned } from './plan-batch.js'
import type { Replacing } from './settle.js'

/** What came of one file, in this run or in one before. */
export type Ended = { input: string; bytes: number; end: End }

/** So many are named; the others are counted. */
const NAMED = 20

type About = { name: string; preset: string; replacing: Replacing; before: number; slots: number }

export function planJson({ planned, skipped }: BatchPlan, about: About): object {
  return {
    type: 'batch.plan',
    batch: about.name,
    preset: about.preset,
    replacing: about.replacing,
    files: planned.map(({ original, expectedBytes, durationMs }) => {
      return { input: original.shown, bytes: original.mark.bytes, durationMs, expectedBytes }
    }),
    skipped,
    doneBefore: about.before,
    expected: { bytes: sumOf(planned, 'expectedBytes'), timeMs: timeOf(planned, about.slots) },
  }
}

export function planText({ planned, skipped }: BatchPlan, about: About): string {
  if (planned.length === 0) return skippedLines(skipped).join('\n')
  const style = stdoutStyle()
  const bytes = planned.reduce((sum, { original }) => sum + original.mark.bytes, 0)
  const durationMs = sumOf(planned, 'durationMs')
  const expectedBytes = sumOf(planned, 'expectedBytes')
  const timeMs = timeOf(planned, about.slots)
  const length = durationMs === null ? '' : `, ${formatClock(durationMs)} to play`
  const rows: [string, string][] = [
    ['batch', about.name],
    ['files', `${count(planned.length, 'file')}, ${formatBytes(bytes)}${length}, by ${about.preset}`],
    ['originals', FATES[about.replacing]],
    [
      'size',
      expectedBytes === null ? 'known when it is made: the preset aims at a quality' : formatBytes(expectedBytes),
    ],
    ['time', timeMs === null ? 'not known before the first files are done' : `about ${formatLongSpan(timeMs)}`],
  ]
  if (about.before > 0) rows.push(['before', `${count(about.before, 'file')} done by this batch already`])
  return [facts(rows, style, stdoutColumns()), ...skippedLines(skipped)].join('\n')
}

const FATES: Record<Replacing, string> = {
  never: 'stay as they are',
  always: 'are replaced, each once its output is verified',
  'if-smaller': 'are replaced by what is smaller, each once its output is verified',
}

function skippedLines(skipped: readonly Skipped[]): string[] {
  if (skipped.length === 0) return []
  const style = stdoutStyle()
  const named = skipped.slice(0, NAMED).map(({ input, reason }) => `  ${printable(`${input}: ${reason}`)}`)
  const rest = skipped.length - named.length
  const more = rest > 0 ? [`  … and ${count(rest, 'more file')}`] : []
  return [`${count(skipped.length, 'file')} skipped:`, ...named, ...more].map((line) => style.dim(line))
}

/** @throws UsageError where nobody can be asked. */
export function requireTerminal(): void {
  if (process.stdin.isTTY && process.stdout.isTTY) return
  throw new UsageError('There is no terminal to ask on; --yes goes on without being asked, --dry-run shows the plan.')
}

/** Asks whether to go on; only `y` and `yes` mean it. */
export async function mayGoOn(question: string): Promise<boolean> {
  const asking = createInterface({ input: process.stdin, output: process.stdout })
  const gone = new AbortController()
  const stopListening = onInterruption(() => gone.abort())
  asking.once('SIGINT', () => gone.abort())
  asking.once('close', () => gone.abort())
  try {
    return /^y(es)?$/i.test((await asking.question(`${question} [y/N] `, { signal: gone.signal })).trim())
  } catch (error) {
    if (gone.signal.aborted) return false
    throw error
  } finally {
    stopListening()
    asking.close()
  }
}

/** The line above the bars of those that run, told of each that is done. */
export function progressLine(planned: readonly Planned[]): { add(one: Ended, planned: Planned): void; text(): string } {
  const startMs = performance.now()
  const totalMs = sumOf(planned, 'durationMs')
  let [done, doneMs, saved] = [0, 0, 0]
  return {
    add(one, { durationMs }) {
      done++
      doneMs += durationMs ?? 0
      saved += gainOf(one)
    },
    text() {
      const spentMs = performance.now() - startMs
      return [
        `${done} of ${planned.length} done`,
        ...(saved > 0 ? [`${formatBytes(saved)} saved`] : []),
        ...(totalMs !== null && doneMs > 0
          ? [`about ${formatLongSpan((spentMs / doneMs) * (totalMs - doneMs))} left`]
          : []),
      ].join(', ')
    },
  }
}

/** One line on a file that is done. */
export function endText({ input, bytes, end }: Ended): string {
  const after =
    end.bytes === null ? '' : ` ${formatBytes(bytes)} became ${formatBytes(end.bytes)}, ${percentOf(end.bytes, bytes)}`
  return `${input}: ${end.outcome}${end.why === null ? after : `, ${end.why}`}`
}

export function resultJson(name: string, ended: readonly Ended[], skipped: readonly Skipped[], left: number): object {
  return {
    type: 'batch.summary',
    batch: name,
    ...countsOf(ended),
    skipped: skipped.length,
    left,
    savedBytes: savedBy(ended),
    files: ended.map(({ input, bytes, end }) => {
      return { input, outcome: end.outcome, why: end.why, bytesBefore: bytes, bytesAfter: end.bytes, place: end.place }
    }),
  }
}

export function resultText(name: string, ended: readonly Ended[], skipped: readonly Skipped[], left: number): string {
  const style = stdoutStyle()
  const notable = [...ended].sort((a, b) => gainOf(b) - gainOf(a))
  const failed = notable.filter(({ end }) => end.outcome === 'failed')
  const others = notable.filter(({ end }) => end.outcome !== 'failed').slice(0, NAMED)
  const rows = [...others, ...failed].map(({ input, bytes, end }) => [
    input,
    formatBytes(bytes),
    end.bytes === null ? '' : formatBytes(end.bytes),
    end.bytes === null ? '' : percentOf(end.bytes, bytes),
    end.outcome,
    end.why ?? (end.outcome === 'made' && end.place !== null ? shownPath(end.place) : ''),
  ])
  const rest = ended.length - rows.length
  const counts = countsOf(ended)
  const words = [
    ...Object.entries(counts).flatMap(([outcome, n]) => (n === 0 ? [] : [`${n} ${outcome}`])),
    ...(skipped.length > 0 ? [`${skipped.length} skipped`] : []),
    ...(left > 0 ? [`${left} left`] : []),
  ]
  const replaced = ended.filter(({ end }) => end.outcome === 'replaced')
  const before = replaced.reduce((sum, { bytes }) => sum + bytes, 0)
  const saved = savedBy(ended)
  const space =
    before === 0
      ? ''
      : `; ${formatBytes(before)} became ${formatBytes(before - saved)}, ${percentOf(before - saved, before)}`
  const paint = counts.failed > 0 || left > 0 ? style.bad : style.good
  return [
    ...(rows.length === 0
      ? []
      : [table(['FILE', 'BEFORE', 'AFTER', '', 'OUTCOME', ''], rows, style, { columns: stdoutColumns() })]),
    ...(rest > 0 ? [style.dim(`… and ${count(rest, 'more file')}`)] : []),
    paint(`${words.length === 0 ? 'Nothing to do' : words.join(', ')}${space}`),
    ...(left > 0 ? [`The same command goes on from here (batch ${name}).`] : []),
  ].join('\n')
}

function countsOf(ended: readonly Ended[]): { replaced: number; made: number; kept: number; failed: number } {
  const n = (outcome: End['outcome']) => ended.filter(({ end }) => end.outcome === outcome).length
  return { replaced: n('replaced'), made: n('made'), kept: n('kept'), failed: n('failed') }
}

const gainOf = ({ bytes, end }: Ended) => (end.outcome === 'replaced' ? bytes - (end.bytes ?? bytes) : 0)
const savedBy = (ended: readonly Ended[]) => ended.reduce((sum, each) => sum + gainOf(each), 0)

function percentOf(after: number, before: number): string {
  const change = Math.round((after / before - 1) * 100)
  return `${change > 0 ? '+' : ''}${change} %`
}

/** Null where it is not known of one of them. */
function sumOf(planned: readonly Planned[], what: 'expectedBytes' | 'durationMs' | 'encodeMs'): number | null {
  return planned.reduce<number | null>(
    (sum, each) => (sum === null || each[what] === null ? null : sum + each[what]),
    0,
  )
}

function timeOf(planned: readonly Planned[], slots: number): number | null {
  const sum = sumOf(planned, 'encodeMs')
  return sum === null || slots === 0 ? null : sum / slots
}
