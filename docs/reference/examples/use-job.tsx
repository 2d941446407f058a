// A job as it is now, live, in React. `ffleet-client` has the same client, for a page.
import { FfleetClient, type Job, type ProgressSnapshot } from 'ffleet'
import { useEffect, useState } from 'react'

/** `job` and `progress` are null until they are known; `error` says why nothing more comes. */
export function useJob(client: FfleetClient, id: string) {
  const [job, setJob] = useState<Job | null>(null)
  const [progress, setProgress] = useState<ProgressSnapshot | null>(null)
  const [error, setError] = useState<unknown>(null)
  useEffect(() => {
    const stop = new AbortController()
    const { signal } = stop
    async function follow() {
      setJob(await client.get(id, { signal }))
      // What broke is resumed where it broke; it ends with the job.
      for await (const event of client.events(id, { signal })) {
        if (event.type === 'progress') setProgress(event.progress)
        else if ('job' in event) setJob(event.job)
        // It waits, runs, waits for another attempt.
        else if (/^(job|attempt)\./.test(event.type)) setJob(await client.get(id, { signal }))
      }
    }
    follow().catch((error) => signal.aborted || setError(error))
    return () => stop.abort()
  }, [client, id])
  return { job, progress, error }
}

const client = new FfleetClient({ baseUrl: '' }) // the server that the page comes from

export function JobBar({ id }: { id: string }) {
  const { job, progress, error } = useJob(client, id)
  if (error) return <p role="alert">{String(error)}</p>
  if (!job) return <p>…</p>
  // Null is unknown, and not 0; 100 comes once the outputs were verified.
  const percent = progress?.percent ?? null
  return (
    <p>
      <progress max={100} {...(percent !== null && { value: percent })} /> <output>{job.state}</output>{' '}
      {job.error?.title}
    </p>
  )
}
