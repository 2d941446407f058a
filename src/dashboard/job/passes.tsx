import { useRef } from 'preact/hooks'
import type { Job, Probe } from '../../contract/index.js'
import { countParts, PART_SIGNS } from '../../contract/part-signs.js'
import { words } from '../words/texts.js'

/** A bar for each pass: they run one after another, and make the outputs of one decode together. */
export function PassBars({ job, probe }: { job: Job; probe: Probe | null }) {
  const w = words.value
  const { progress } = job
  const highest = useRef({ pass: '', share: 0 })
  if (progress?.parts !== undefined) return <PartsMap parts={progress.parts} />
  if (progress === null || progress.pass.count < 2) return null
  const { index, count, label } = progress.pass
  const now = shareOf(job, probe)
  // The time of ffmpeg's last report may jump back.
  const pass = `${progress.attempt}.${index}`
  if (highest.current.pass !== pass) highest.current = { pass, share: 0 }
  if (now !== null) highest.current.share = Math.max(highest.current.share, now)
  return (
    <ol class="passes" aria-label={w.passes}>
      {Array.from({ length: count }, (_, i) => i + 1).map((n) => {
        const state = n < index || job.state === 'completed' ? 'done' : n === index ? 'now' : 'later'
        const share = state === 'done' ? 100 : state === 'later' ? 0 : now === null ? null : highest.current.share
        const isUnknown = share === null && job.state === 'active'
        return (
          <li key={n} data-pass={state}>
            <span>{state === 'now' ? w.passNow(n, count, label) : w.passNo(n)}</span>
            <span
              class={isUnknown ? 'track unknown' : 'track'}
              role="progressbar"
              aria-label={w.passNo(n)}
              aria-valuemin={0}
              aria-valuemax={100}
              aria-valuenow={share === null ? undefined : Math.floor(share)}
            >
              <span class="fill" style={{ width: `${share ?? 0}%` }} />
            </span>
          </li>
        )
      })}
    </ol>
  )
}

const PART_STATES: Record<string, string> = { [PART_SIGNS.made]: 'made', [PART_SIGNS.active]: 'now' }

/** A field for each part of the film, in their order. */
function PartsMap({ parts }: { parts: string }) {
  const { made, all, active } = countParts(parts)
  const text = words.value.partsMade(made, all, active)
  return (
    <div class="parts">
      <span class="quiet">{text}</span>
      <div class="map" role="img" aria-label={text}>
        {[...parts].map((sign, i) => (
          <i key={i} data-part={PART_STATES[sign] ?? 'later'} />
        ))}
      </div>
    </div>
  )
}

/** How much of the input's time the running pass has got through; null where that is not known. */
function shareOf({ input, progress }: Job, probe: Probe | null): number | null {
  const wholeUs = input.expectedDurationMs === null ? (probe?.durationUs ?? null) : input.expectedDurationMs * 1_000
  const endUs = input.endMs === null ? wholeUs : input.endMs * 1_000
  const reachedUs = progress?.outTimeUs ?? null
  if (endUs === null || reachedUs === null) return null
  const lengthUs = endUs - (input.startMs ?? 0) * 1_000
  return lengthUs <= 0 ? null : Math.min(99, Math.max(0, (reachedUs / lengthUs) * 100))
}
