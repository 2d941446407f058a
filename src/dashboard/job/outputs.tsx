import type { Job, JobOutput, Report } from '../../contract/index.js'
import { isTerminal } from '../../contract/states.js'
import { hrefOf } from '../live/server.js'
import { bytes, mediaTime, number } from '../words/figures.js'
import { words } from '../words/texts.js'
import { Play, useTiles } from './play.js'
import { ProbeFacts } from './probe.js'
import { entryOf } from './stream.js'

/** What the job delivers: to play, to take along, and how it came out. */
export function Outputs({ job, report }: { job: Job; report: Report | null }) {
  const w = words.value
  const inputBytes = report?.input?.bytes ?? null
  const poster = job.outputs.find(({ mediaType, href }) => mediaType.startsWith('image/') && href !== null)
  const tiles = useTiles(job, report)
  return (
    <section class="sheet outputs">
      <h2>{w.outputs}</h2>
      <ul>
        {job.outputs.map((output) => (
          <li key={output.name}>
            <div class="output-head">
              <strong>{output.name}</strong>
              <span class="quiet">{output.preset}</span>
              <span class="quiet path">
                <bdi>{output.path}</bdi>
              </span>
              <SizeOf output={output} inputBytes={inputBytes} ended={isTerminal(job.state)} />
              <Link output={output} />
            </div>
            {output.warnings.map(({ code, detail }) => (
              <p key={code + detail} class="notice warn">
                {detail}
              </p>
            ))}
            <Play output={output} poster={posterOf(output, report) ?? poster?.href ?? null} tiles={tiles} />
            <VerifiedOf report={report} name={output.name} />
          </li>
        ))}
      </ul>
    </section>
  )
}

/** The one beside a ladder. */
function posterOf({ name, href }: JobOutput, report: Report | null): string | null {
  const poster = report?.outputs.find((output) => output.name === name)?.ladder?.poster
  return poster === undefined || href === null ? null : `${href}/${poster}`
}

/** To take it along; of what streams, the address that players want. */
function Link({ output: { href, mediaType, path } }: { output: JobOutput }) {
  const entry = entryOf(mediaType)
  if (href === null || mediaType === 'text/vtt') return null
  if (entry !== null) return <a href={hrefOf(`${href}/${entry}`)}>{entry}</a>
  return (
    <a href={hrefOf(href)} download={path.split('/').at(-1)}>
      {words.value.download}
    </a>
  )
}

function SizeOf(props: { output: JobOutput; inputBytes: number | null; ended: boolean }) {
  const { output, inputBytes, ended } = props
  const w = words.value
  if (output.bytes === null) return <span class="quiet">{ended ? w.notMade : w.notThereYet}</span>
  const share = inputBytes === null || inputBytes === 0 ? null : (output.bytes / inputBytes) * 100
  return (
    <span class="figure">
      {bytes(output.bytes)}
      {share === null ? '' : ` (${w.ofInput(number(share, share < 10 ? 1 : 0))})`}
      {output.durationMs === null ? '' : ` · ${mediaTime(output.durationMs * 1000)}`}
    </span>
  )
}

function VerifiedOf({ report, name }: { report: Report | null; name: string }) {
  const w = words.value
  const told = report?.outputs.find((output) => output.name === name)
  if (told === undefined) return null
  return (
    <details>
      <summary>
        {w.verified}{' '}
        <span class="quiet">
          {(['duration', 'streams', 'decodes'] as const)
            .map((what) => `${w.checks[what]} ${told.verified[what] === null ? '–' : told.verified[what] ? '✓' : '!'}`)
            .join('  ')}
        </span>
      </summary>
      {told.probe === null ? null : <ProbeFacts probe={told.probe} />}
    </details>
  )
}
