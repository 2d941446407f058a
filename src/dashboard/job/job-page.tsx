import { useEffect, useMemo, useState } from 'preact/hooks'
import { FfleetApiError } from '../../client/index.js'
import type { Job } from '../../contract/index.js'
import { inputName } from '../../contract/input-name.js'
import { isTerminal } from '../../contract/states.js'
import { Bar } from '../jobs/bar.js'
import { type Action, allows } from '../jobs/bulk.js'
import { State } from '../jobs/state.js'
import { WaitsFor } from '../jobs/waits-for.js'
import { connection } from '../live/fleet-stream.js'
import { client, hrefOf } from '../live/server.js'
import { Confirm } from '../shell/confirm.js'
import { Facts } from '../shell/facts.js'
import { Link } from '../shell/link.js'
import { NotifyButton } from '../shell/notify.js'
import { TO_SUBMIT, WhyNot, whyNot } from '../shell/permission.js'
import { go } from '../shell/router.js'
import { Standstill } from '../shell/standstill.js'
import { tick } from '../shell/ticks.js'
import { ForecastText, Since } from '../shell/times.js'
import { watched } from '../shell/title.js'
import { bitrate, bytes, duration, eta, mediaTime, number, speed, UNKNOWN } from '../words/figures.js'
import { words } from '../words/texts.js'
import { DiagnosisOf, PassesOf } from './attempt-facts.js'
import { Deliveries } from './deliveries.js'
import { JobFollower } from './follow-job.js'
import { type Culprit, LogView } from './log-view.js'
import { Outputs } from './outputs.js'
import { PassBars } from './passes.js'
import { PhaseLine } from './phase-line.js'
import { Plots } from './plots.js'
import { ProbeFacts } from './probe.js'

/** All there is to know of one job, while it runs and afterwards. */
export function JobPage({ id }: { id: string }) {
  const w = words.value
  const follower = useMemo(() => new JobFollower(id), [id])
  const [culprit, setCulprit] = useState<Culprit | null>(null)
  useEffect(
    () => () => {
      follower.close()
      watched.value = null
    },
    [follower],
  )
  const job = follower.job.value
  const report = follower.report.value
  const problem = follower.problem.value
  useEffect(() => {
    watched.value = job
  }, [job])

  if (job === null) return <Missing problem={problem} />
  const attempts = report?.attempts ?? []
  const newest = attempts.at(-1)
  return (
    <main class="job">
      {problem === null ? null : <Problem problem={problem} />}
      <Head job={job} follower={follower} />
      {job.state === 'queued' && job.waitsFor === undefined ? <Standstill /> : null}
      <NowOf job={job} follower={follower} />
      {newest === undefined || job.state === 'completed' ? null : (
        <DiagnosisOf attempt={newest} onCulprit={setCulprit} />
      )}
      {job.error !== null && newest?.error?.code !== job.error.code ? (
        <p class="notice bad">
          {job.error.title} <span class="code">{job.error.code}</span>: {job.error.detail} {job.error.hint}
        </p>
      ) : null}
      <PhaseLine attempts={follower.attempts.value} createdAt={job.createdAt} />
      <Plots report={report} live={follower.samples.value} />
      <Outputs job={job} report={report} />
      <Deliveries job={job} />
      {report?.input ? (
        <section class="sheet">
          <h2>{w.input}</h2>
          <ProbeFacts probe={report.input} />
        </section>
      ) : null}
      <LogView job={job} said={follower.said.value} culprit={culprit} />
      {attempts.toReversed().map((attempt) => (
        <PassesOf key={attempt.attempt} attempt={attempt} />
      ))}
      {attempts
        .slice(0, -1)
        .toReversed()
        .map((attempt) => (
          <DiagnosisOf key={attempt.attempt} attempt={attempt} onCulprit={setCulprit} />
        ))}
    </main>
  )
}

function Missing({ problem }: { problem: Error | null }) {
  const w = words.value
  if (problem === null) return <p class="empty">{w.loading}</p>
  const isUnknown = problem instanceof FfleetApiError && problem.status === 404
  return (
    <main class="empty">
      <h1>{isUnknown ? w.noSuchJob : problem.message}</h1>
      <p>{isUnknown ? w.noSuchJobWhy : w.tryingAgain}</p>
      <Link to="/">{w.jobs}</Link>
    </main>
  )
}

/** The job is shown as it was known last. */
function Problem({ problem }: { problem: Error }) {
  const w = words.value
  const isGone = problem instanceof FfleetApiError && problem.status === 404
  if (!isGone && connection.value.state === 'lost') return null
  return (
    <p class="notice bad" role="status">
      {isGone ? w.removedMeanwhile : `${problem.message} ${w.tryingAgain}`}
    </p>
  )
}

function Head({ job, follower }: { job: Job; follower: JobFollower }) {
  const w = words.value
  const [asked, setAsked] = useState<Action | null>(null)
  const [refused, setRefused] = useState<string | null>(null)
  const why = whyNot(TO_SUBMIT)
  const run = async (action: Action) => {
    setAsked(null)
    setRefused(null)
    try {
      if (action === 'remove') {
        await client.remove(job.id)
        go('/')
      } else follower.take(await client[action](job.id))
    } catch (error) {
      setRefused((error as Error).message)
    }
  }
  return (
    <div class="job-head">
      <div>
        <p class="quiet">
          <Link to="/">{w.jobs}</Link> / <span class="mono">{job.id}</span>
        </p>
        <h1>
          <bdi>{(job.inputs ?? [job.input]).map(inputName).join(' + ')}</bdi>
        </h1>
        <p class="quiet">
          → {job.outputs.map(({ name }) => name).join(', ')}
          {Object.entries(job.tags).map(([key, value]) => (
            <span key={key} class="tag">
              {key}={value}
            </span>
          ))}{' '}
          · {w.sent} <Since iso={job.createdAt} />
          {job.priority === 0 ? '' : ` · ${w.priority} ${job.priority}`}
        </p>
      </div>
      <div class="actions">
        <NotifyButton job={job} />
        {(['cancel', 'retry', 'remove'] as const)
          .filter((action) => allows(action, job))
          .map((action) => (
            <button
              type="button"
              key={action}
              class={action === 'retry' ? '' : 'danger'}
              disabled={why !== null}
              onClick={() => (action === 'retry' ? void run(action) : setAsked(action))}
            >
              {action === 'retry' ? w.retryNow : w.actions[action]}
            </button>
          ))}
        <Link to={`/new?from=${job.id}`} class="button">
          {w.runChanged}
        </Link>
        <a class="button" href={hrefOf(job.links.watch)} target="_blank" rel="noreferrer">
          {w.watchLink}
        </a>
      </div>
      <WhyNot needed={TO_SUBMIT} />
      {refused === null ? null : (
        <p class="notice bad" role="alert">
          {refused}
        </p>
      )}
      {asked === null ? null : (
        <Confirm
          question={w.bulkQuestion(asked, 1, 1)}
          yes={w.bulkYes(asked, 1)}
          onYes={() => void run(asked)}
          onNo={() => setAsked(null)}
        />
      )}
    </div>
  )
}

/** Where it stands, in figures. */
function NowOf({ job, follower }: { job: Job; follower: JobFollower }) {
  const w = words.value
  const { progress } = job
  const active = job.state === 'active'
  const quality = Object.values(progress?.quality ?? {})[0] ?? null
  const fetched = progress?.fetchedBytes ?? null
  const facts: [string, string][] = [
    [w.left, eta(progress)],
    [w.speed, speed(progress?.speed ?? null)],
    [w.mediaTime, mediaTime(progress?.outTimeUs ?? null)],
    [w.facts.frames, number(progress?.frame ?? null)],
    [w.plots.fps, number(progress?.fps ?? null, 1)],
    [w.plots.bitrate, bitrate(progress?.bitrate ?? null)],
    [w.facts.written, bytes(progress?.bytesWritten ?? null)],
    [w.plots.quality, number(quality, 1)],
    [w.dupDrop, progress === null ? UNKNOWN : `${number(progress.dupFrames)} / ${number(progress.dropFrames)}`],
  ]
  return (
    <section class="sheet now">
      <div class="now-head">
        <State job={job} />
        {job.attempt === 0 ? null : <span class="quiet">{w.attemptOf(job.attempt, job.maxAttempts)}</span>}
        {job.worker === null ? null : <span class="quiet mono">{job.worker}</span>}
        {job.state === 'queued' ? (
          <span class="quiet">
            <WaitsFor job={job} />
          </span>
        ) : null}
        {active ? <Heard follower={follower} /> : null}
        {job.forecast === null || (active && progress?.etaMs != null) ? null : (
          <span class="quiet">
            <ForecastText forecast={job.forecast} />
          </span>
        )}
        {isTerminal(job.state) && job.finishedAt !== null ? (
          <span class="quiet">
            <Since iso={job.finishedAt} />
            {job.startedAt === null
              ? ''
              : ` · ${w.facts.took} ${duration(Date.parse(job.finishedAt) - Date.parse(job.startedAt))}`}
          </span>
        ) : null}
      </div>
      <Bar job={job} label={w.progressOf(inputName(job.input))} wide />
      {progress !== null && active ? <p class="quiet basis">{w.basis[progress.basis]}</p> : null}
      <PassBars job={job} probe={follower.report.value?.input ?? null} />
      {active && (progress?.stalledForMs ?? 0) > 0 ? (
        <p class="notice warn">{w.standsStill(duration(progress!.stalledForMs))}</p>
      ) : null}
      {fetched === null ? null : (
        <p class="quiet">{w.fetched(bytes(fetched), bytes(progress?.fetchTotalBytes ?? null))}</p>
      )}
      {progress === null || !active ? null : <Facts rows={facts} />}
      {job.warnings.map(({ output, code, detail }) => (
        <p key={output + code + detail} class="notice warn">
          {output}: {detail}
        </p>
      ))}
    </section>
  )
}

function Heard({ follower }: { follower: JobFollower }) {
  const heardMs = follower.heardMs.value
  if (heardMs === null) return null
  return <span class="quiet figure">{words.value.heardAgo(duration(tick.value - heardMs))}</span>
}
