/** What is said of a job that has ended: which it was, where its outputs lie, and the addresses of both. */
import type { Job } from '../../contract/index.js'
import { inOptions } from './option-words.js'

/** The address of a job, or of something of it; null where the server that has it goes with the command. */
export function addressOf(server: string | null, link: string | null): string | null {
  return server === null || link === null ? null : server + link
}

/** Name and value, a line each. */
export function endRows(job: Job, server: string | null): [string, string][] {
  const rows: [string, string][] = [['job', job.id]]
  for (const { path, href } of job.state === 'completed' ? job.outputs : []) {
    const address = addressOf(server, href)
    rows.push(['output', path], ...(address === null ? [] : [['', address] as [string, string]]))
  }
  if (job.error !== null) rows.push(['', inOptions(job.error.detail)], ['', inOptions(job.error.hint)])
  if (job.state === 'completed') return rows
  // Nothing has run of a job that was cancelled while it waited.
  const address = addressOf(server, job.attempt > 0 ? job.links.report : job.links.self)
  return address === null ? rows : [...rows, [job.attempt > 0 ? 'report' : 'address', address]]
}

/** The addresses alone, for one line. */
export function endAddresses(job: Job, server: string | null): string[] {
  const links = job.state === 'completed' ? job.outputs.map(({ href }) => href) : [job.links.self]
  return links.flatMap((link) => addressOf(server, link) ?? [])
}
