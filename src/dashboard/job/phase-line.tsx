import { serverNow } from '../live/server.js'
import { tick } from '../shell/ticks.js'
import { duration, localTime, utcTime } from '../words/figures.js'
import { words } from '../words/texts.js'
import type { Attempt } from './steps.js'

/** All attempts along one line of time: who, what, how long, and why it ended. */
export function PhaseLine({ attempts, createdAt }: { attempts: Attempt[]; createdAt: string }) {
  const w = words.value
  const isRunning = attempts.some(({ outcome }) => outcome === 'running')
  if (isRunning) void tick.value
  const nowMs = serverNow()
  const startMs = Date.parse(createdAt)
  const ends = attempts.map(({ finishedAt }) => (finishedAt === null ? nowMs : Date.parse(finishedAt)))
  const endMs = Math.max(startMs + 1, ...ends)
  const place = (fromMs: number, toMs: number) => ({
    left: `${((fromMs - startMs) / (endMs - startMs)) * 100}%`,
    width: `${Math.max(0.2, ((toMs - fromMs) / (endMs - startMs)) * 100)}%`,
  })
  const firstMs = Date.parse(attempts[0]?.startedAt ?? '') || endMs
  return (
    <section class="sheet phases">
      <h2>{w.timeLine}</h2>
      {attempts.length === 0 ? <p class="quiet">{w.notBegun}</p> : null}
      <ol>
        {attempts.length > 0 && firstMs - startMs > 500 ? (
          <li>
            <span class="who">
              <strong>{w.states.queued}</strong>
            </span>
            <span class="line">
              <span class="step wait" style={place(startMs, firstMs)} title={w.waited(duration(firstMs - startMs))} />
            </span>
            <span class="quiet figure">{duration(firstMs - startMs)}</span>
          </li>
        ) : null}
        {attempts.map((attempt) => (
          <AttemptLine key={attempt.attempt} attempt={attempt} nowMs={nowMs} place={place} />
        ))}
      </ol>
    </section>
  )
}

function AttemptLine(props: {
  attempt: Attempt
  nowMs: number
  place(fromMs: number, toMs: number): { left: string; width: string }
}) {
  const { attempt, nowMs, place } = props
  const w = words.value
  const { startedAt, finishedAt, phases } = attempt
  const endMs = finishedAt === null ? nowMs : Date.parse(finishedAt)
  const startMs = startedAt === null ? endMs : Date.parse(startedAt)
  const steps =
    phases.length === 0
      ? [{ phase: null, fromMs: startMs, toMs: endMs }]
      : phases.map(({ phase, at }, i) => ({
          phase,
          fromMs: Date.parse(at),
          toMs: Date.parse(phases[i + 1]?.at ?? '') || endMs,
        }))
  return (
    <li>
      <span class="who">
        <strong>{w.attemptNo(attempt.attempt)}</strong> <span class="quiet">{attempt.worker ?? ''}</span>
      </span>
      <span class="line">
        {steps.map(({ phase, fromMs, toMs }) => (
          <span
            key={`${phase}${fromMs}`}
            class="step"
            data-phase={phase ?? 'all'}
            data-outcome={attempt.outcome}
            style={place(fromMs, toMs)}
            title={`${phase === null ? w.attemptNo(attempt.attempt) : w.phases[phase]}: ${duration(toMs - fromMs)}\n${localTime(new Date(fromMs).toISOString(), nowMs)}\n${utcTime(new Date(fromMs).toISOString())}`}
          />
        ))}
      </span>
      <span class="quiet figure">{duration(endMs - startMs)}</span>
      <span class="why" data-outcome={attempt.outcome}>
        {w.outcomes[attempt.outcome]}
        {attempt.error === null ? '' : `: ${attempt.error.title} (${attempt.error.code})`}
      </span>
      <span class="steps quiet">
        {steps
          .filter(({ phase, fromMs, toMs }) => phase !== null && toMs - fromMs >= 50)
          .map(({ phase, fromMs, toMs }) => `${w.phases[phase!]} ${duration(toMs - fromMs)}`)
          .join(' · ')}
      </span>
    </li>
  )
}
