import type { AttemptReport, PassReport } from '../../contract/index.js'
import { CopyText, shellLine } from '../shell/copy-text.js'
import { Facts } from '../shell/facts.js'
import { bytes, duration, number, speed } from '../words/figures.js'
import { words } from '../words/texts.js'
import type { Culprit } from './log-view.js'

/** What went wrong, and the way out. */
export function DiagnosisOf({ attempt, onCulprit }: { attempt: AttemptReport; onCulprit(culprit: Culprit): void }) {
  const w = words.value
  const { diagnosis, error } = attempt
  if (error === null && diagnosis === null) return null
  const culprit = diagnosis?.culprit ?? null
  return (
    <section class="sheet diagnosis">
      <h2>{w.whatWentWrong(attempt.attempt)}</h2>
      <p class="title">
        <strong>{error?.title ?? diagnosis?.title}</strong> <span class="code">{error?.code ?? diagnosis?.code}</span>
      </p>
      {error === null ? null : <p>{error.detail}</p>}
      {culprit === null ? null : (
        <p class="culprit">
          <code>{culprit}</code>{' '}
          <button type="button" class="plain" onClick={() => onCulprit({ attempt: attempt.attempt, line: culprit })}>
            {w.showInLog}
          </button>
        </p>
      )}
      <p class="hint">{error?.hint ?? diagnosis?.hint}</p>
      {diagnosis?.reproduce ? <CopyText label={w.reproduce} text={diagnosis.reproduce} /> : null}
    </section>
  )
}

/** Each ffmpeg process of an attempt: its command, and what it used. */
export function PassesOf({ attempt }: { attempt: AttemptReport }) {
  const w = words.value
  if (attempt.passes.length === 0) return null
  return (
    <section class="sheet">
      <h2>{w.ranAs(attempt.attempt, attempt.worker, attempt.host)}</h2>
      {attempt.passes.map((pass, i) => (
        <div key={i} class="pass">
          {pass.exitCode === null && pass.signal === null ? null : <PassUse pass={pass} />}
          <CopyText label={w.command(pass.label, i + 1, attempt.attempt)} text={`ffmpeg ${shellLine(pass.argv)}`} />
        </div>
      ))}
    </section>
  )
}

function PassUse({ pass }: { pass: PassReport }) {
  const w = words.value
  const { summary } = pass
  // Of one that was lost nobody knows how long it ran.
  const wallMs = pass.exitCode === null && pass.signal === null ? null : summary.wallMs
  const cpuMs = summary.cpuUserMs === null ? null : summary.cpuUserMs + (summary.cpuSystemMs ?? 0)
  const facts: [string, string][] = [
    [w.facts.ffmpeg, pass.ffmpeg],
    ...(pass.worker === undefined ? [] : [[w.worker, `${pass.worker}, ${pass.host}`] as [string, string]]),
    [w.facts.took, duration(wallMs)],
    [w.facts.cpu, cpuMs === null ? '–' : `${duration(cpuMs)} (${number(wallMs ? (cpuMs / wallMs) * 100 : null)} %)`],
    [w.facts.memory, bytes(summary.maxRssBytes)],
    [w.facts.frames, number(summary.frames)],
    [w.facts.averageFps, number(summary.averageFps, 1)],
    [w.facts.averageSpeed, speed(summary.averageSpeed)],
    [w.facts.written, bytes(summary.bytes)],
    [w.facts.exit, pass.signal ?? (pass.exitCode === null ? '–' : String(pass.exitCode))],
  ]
  return <Facts rows={facts} />
}
