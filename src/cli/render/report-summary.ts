import type { AttemptReport, FoundQuality, OutputReport, PassReport, Probe, Report } from '../../contract/index.js'
import { formatBitrate, formatBytes, formatClock, formatSpan, formatSpeed } from './figures.js'
import type { Style } from './style.js'
import { facts } from './table.js'
import { printable } from './text.js'

/** Lines of ffmpeg beside the telling one. */
const ERROR_LINES = 5

/** The report of a job as people want it first: what went in, what each pass took, what came out, what went wrong. */
export function reportSummary(report: Report, style: Style): string {
  const parts: string[] = []
  const rows: [string, string][] = [
    ['job', report.jobId],
    ['state', report.state],
  ]
  if (report.input) rows.push(['input', probeText(report.input)])
  for (const output of report.outputs) rows.push([output.name, outputText(output)])
  parts.push(facts(rows, style))
  for (const { name, warnings = [] } of report.outputs)
    for (const warning of warnings) parts.push(style.warn(printable(`${name}: ${warning}`)))
  for (const attempt of report.attempts) parts.push(attemptText(attempt, style))
  return parts.join('\n')
}

function outputText({ probe, loudness, lossless, quality }: OutputReport): string {
  const lufs = loudness?.integratedLufs ?? null
  return [
    probe ? probeText(probe) : 'not probed',
    ...(lufs === null ? [] : [`${lufs} LUFS`]),
    ...(quality ? [qualityText(quality)] : []),
    ...(lossless ? [`all ${lossless.frames} pictures as in the input`] : []),
  ].join(', ')
}

function qualityText({ crf, ssim, tries }: FoundQuality): string {
  const found = `crf ${crf} after ${tries} ${tries === 1 ? 'try' : 'tries'}`
  return ssim === null ? found : `${found}, SSIM ${ssim} of its samples`
}

function attemptText(attempt: AttemptReport, style: Style): string {
  const lines = [style.bold(`attempt ${attempt.attempt}: ${attempt.outcome}, on ${printable(attempt.worker)}`)]
  for (const pass of attempt.passes) lines.push(...passLines(pass))
  if (attempt.diagnosis) lines.push(...diagnosisLines(attempt, style))
  return lines.join('\n')
}

/** Why an attempt failed: the line of the log that says it best, the way out, the command that shows it again. */
function diagnosisLines(attempt: AttemptReport, style: Style): string[] {
  const { diagnosis } = attempt
  if (diagnosis === null) return []
  const head = `  ${style.bad(diagnosis.code)} ${printable(diagnosis.title)}`
  return [head, ...culpritLines(attempt, style), `  ${style.dim(printable(diagnosis.hint))}`]
}

/** ffmpeg's own words about what went wrong, the telling one first, and the command that makes it say them again. */
export function culpritLines(attempt: AttemptReport, style: Style): string[] {
  const { culprit = null, reproduce = null } = attempt.diagnosis ?? {}
  const said = attempt.passes.flatMap((pass) => pass.errors).filter((line) => line !== culprit)
  const lines = [...(culprit === null ? [] : [culprit]), ...said.slice(-ERROR_LINES)]
  const shown = lines.map((line) => `  ffmpeg: ${printable(line)}`)
  return reproduce === null ? shown : [...shown, `  ${style.dim(`again by hand: ${printable(reproduce)}`)}`]
}

function passLines(pass: PassReport): string[] {
  const { summary } = pass
  const ended = pass.signal ?? (pass.exitCode === 0 ? null : `exit code ${pass.exitCode}`)
  const elsewhere = pass.worker === undefined ? null : `on ${pass.worker}`
  return [`  ${printable(pass.label)}: ${[...passFacts(summary), elsewhere, ended].filter(Boolean).join(', ')}`]
}

/** What a pass took, without what is not known. */
export function passFacts(summary: PassReport['summary']): string[] {
  const { wallMs, averageSpeed, averageFps, cpuUserMs, cpuSystemMs, maxRssBytes, bytes } = summary
  const parts = [formatSpan(wallMs)]
  if (averageSpeed !== null) parts.push(formatSpeed(averageSpeed))
  if (averageFps !== null) parts.push(`${Math.round(averageFps)} fps`)
  if (cpuUserMs !== null || cpuSystemMs !== null) parts.push(`CPU ${formatSpan((cpuUserMs ?? 0) + (cpuSystemMs ?? 0))}`)
  if (maxRssBytes !== null) parts.push(`memory ${formatBytes(maxRssBytes)}`)
  if (bytes !== null) parts.push(formatBytes(bytes))
  return parts
}

/** A file in one line: `0:30, 1.23 MB, h264 1280x720, aac, 330 kb/s`. */
export function probeText(probe: Probe): string {
  const parts: string[] = []
  if (probe.durationUs !== null) parts.push(formatClock(probe.durationUs / 1000))
  parts.push(formatBytes(probe.bytes))
  for (const stream of probe.streams) {
    if (stream.type === 'video' && !stream.attachedPicture) {
      const [width, height] = [stream.displayWidth ?? stream.width, stream.displayHeight ?? stream.height]
      parts.push([stream.codec ?? 'video', width && height ? `${width}x${height}` : ''].join(' ').trim())
    }
    if (stream.type === 'audio') parts.push(stream.codec ?? 'audio')
  }
  if (probe.bitrate !== null) parts.push(formatBitrate(probe.bitrate))
  return parts.join(', ')
}
