import type { Job } from '../../contract/index.js'
import { Link } from '../shell/link.js'
import { words } from '../words/texts.js'

/** What a job that is queued waits for: other jobs, a file that is being sent, room in its quota, a worker with its encoder, or its turn. */
export function WaitsFor({ job }: { job: Job }) {
  const w = words.value
  if (job.waitsFor === 'quota') return <>{w.waitsForQuota}</>
  if (job.waitsFor === 'encoder') return <>{w.waitsForEncoder}</>
  if (job.waitsFor === 'upload') return <>{w.waitsForUpload}</>
  if (job.waitsFor !== 'job') return <>{job.queuePosition === null ? w.waits : w.position(job.queuePosition)}</>
  return (
    <>
      {w.waitsForJob}
      {(job.after ?? []).map((id) => (
        <span key={id}>
          {' '}
          <Link to={`/jobs/${id}`} class="mono">
            <span title={id}>…{id.slice(-6)}</span>
          </Link>
        </span>
      ))}
    </>
  )
}
