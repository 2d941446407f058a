/** What a job follows: the jobs of `after`, and those that deliver its inputs. */
import {
  type ErrorCode,
  FfleetError,
  type JobRequest,
  namedFiles,
  namesJob,
  parseJobSource,
} from '../../contract/index.js'
import { type JobQueue, whyUnfit } from '../../queue/index.js'
import { isJobId } from '../job-id.js'
import { fieldName } from './explain.js'
import type { Fault } from './faults.js'

/** The jobs that whoever asks may see. */
export type KnownJobs = Pick<JobQueue, 'get' | 'publication'>

/** A file that another job delivers. */
export type DeliveredFile = { path: string; bytes: number | null }

const FORM = '`job:<id>/<output>`, the id of a job and the name of one of its outputs'

/** The ids, each once; those that cannot be followed are told. */
export async function predecessorsOf(request: JobRequest, jobs: KnownJobs, faults: Fault[]): Promise<string[]> {
  const { after = [] } = request
  const given = typeof after === 'string' ? [after] : after
  const found = new Set<string>()
  for (const [i, id] of given.entries()) {
    const pointer = typeof after === 'string' ? '/after' : `/after/${i}`
    if (found.has(id)) {
      const detail = `${fieldName(pointer)} is ${id} once more; name each job once.`
      faults.push({ code: 'INVALID_REQUEST', pointer, detail })
    } else {
      found.add(id)
      const fault = await unfit(id, jobs)
      if (fault) faults.push({ ...fault, pointer })
    }
  }
  for (const { uri } of namedFiles(request)) {
    const source = namesJob(uri) ? parseJobSource(uri) : null
    if (source) found.add(source.job)
  }
  return [...found]
}

/**
 * What a `job:` input names, though it may have to be made yet.
 *
 * @throws FfleetError INVALID_REQUEST, PREDECESSOR_NOT_FOUND, PREDECESSOR_FAILED, NOT_A_REGULAR_FILE.
 */
export async function resolveDelivery(uri: string, jobs: KnownJobs): Promise<DeliveredFile> {
  const source = parseJobSource(uri)
  if (source === null) throw new FfleetError('INVALID_REQUEST', `An input with \`job:\` must be ${FORM}.`)
  const fault = await unfit(source.job, jobs)
  if (fault) throw new FfleetError(fault.code, fault.detail)
  const publication = await jobs.publication(source.job, source.output)
  if (publication === null) {
    const names = (await jobs.get(source.job))?.outputs.map(({ name }) => name) ?? []
    const detail = `Job ${source.job} has no output \`${source.output}\`; it has ${names.join(', ')}.`
    throw new FfleetError('INVALID_REQUEST', detail)
  }
  if (publication.isFolder) {
    const detail = `The output \`${source.output}\` of job ${source.job} is a folder; only a file can be an input.`
    throw new FfleetError('NOT_A_REGULAR_FILE', detail, { hint: 'Name an output that is one file.' })
  }
  const { path, bytes } = publication.output
  return { path, bytes }
}

async function unfit(id: string, jobs: KnownJobs): Promise<{ code: ErrorCode; detail: string } | null> {
  const job = isJobId(id) ? await jobs.get(id) : null
  if (job === null) return whyUnfit(shortened(id), 'removed')
  if (job.state === 'failed') return whyUnfit(id, `failed ${job.error!.code}`)
  return job.state === 'cancelled' ? whyUnfit(id, 'cancelled') : null
}

const shortened = (text: string) => (text.length > 26 ? `${text.slice(0, 25)}…` : text)
