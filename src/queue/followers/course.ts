/** What a job follows, from its request. */
import {
  type ErrorCode,
  FfleetError,
  filesOf,
  type NormalizedJob,
  namesJob,
  parseJobSource,
  parseUploadSource,
} from '../../contract/index.js'
import { UPLOAD } from '../uploads/scripts.js'

/** `job:` inputs of a request, each once. */
export function sourcesOf(job: NormalizedJob): string[] {
  return [...new Set(filesOf(job).filter(namesJob))]
}

/** What has to be there before a job may run: jobs, and files that are uploaded. */
export function predecessorsOf(job: NormalizedJob): string[] {
  const uploads = filesOf(job).flatMap((uri) => parseUploadSource(uri) ?? [])
  return [...(job.after ?? []), ...new Set(uploads.map((id) => UPLOAD + id))]
}

/** As the script that records a job takes it; '' of a job that waits for nothing. */
export function courseOf(job: NormalizedJob): string {
  const after = predecessorsOf(job)
  if (after.length === 0) return ''
  const from = sourcesOf(job).flatMap((uri) => {
    const source = parseJobSource(uri)
    return source ? [`${source.job}/${source.output}`] : []
  })
  return JSON.stringify({ after, from, delayMs: job.delayMs })
}

/**
 * Why a job cannot be followed: there is none of that id, or it has ended and did not complete. `fate` is the word of the
 * scripts.
 */
export function whyUnfit(id: string, fate: string): { code: ErrorCode; detail: string } {
  if (id.startsWith(UPLOAD))
    return { code: 'INPUT_NOT_FOUND', detail: `There is no upload ${id.slice(UPLOAD.length)}.` }
  if (fate === 'removed') return { code: 'PREDECESSOR_NOT_FOUND', detail: `There is no job ${id}.` }
  return { code: 'PREDECESSOR_FAILED', detail: `Job ${id} ${words(fate)}; it cannot be followed.` }
}

/** The same as an error that names the field. */
export function unfit(id: string, fate: string, pointer: string): FfleetError {
  const { code, detail } = whyUnfit(id, fate)
  return new FfleetError(code, detail, { errors: [{ pointer, detail }] })
}

/** Why a follower ends; `barred` as its record says it. */
export function whyBarred(barred: string): string {
  const [id = '', ...fate] = barred.split(' ')
  if (id.startsWith(UPLOAD)) {
    return `Upload ${id.slice(UPLOAD.length)}, which this job reads, was removed before all of it had come.`
  }
  return `Job ${id}, which this one follows, ${words(fate.join(' '))}.`
}

function words(fate: string): string {
  const [state, code] = fate.split(' ')
  if (state === 'failed') return `failed with ${code}`
  return state === 'cancelled' ? 'was cancelled' : 'was removed before it had completed'
}
