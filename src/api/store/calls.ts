/** What the API does for workers that reach its store through it alone: one method of its own storage each. */
import { join } from 'node:path'
import { FfleetError } from '../../contract/index.js'
import type { Queue } from '../../queue/index.js'
import type { Storage } from '../../storage/index.js'
import { readManifest } from '../../storage/manifest.js'
import { leavesRoot } from '../../storage/names.js'
import type { CallBody, CallName } from '../../store-api/index.js'

export type StoreParts = {
  storage: Pick<Storage, 'outputs' | 'scratch' | 'parts' | 'reports' | 'roots'>
  queue: { jobs: Pick<Queue['jobs'], 'hasCommitted'> }
}

type Calls = { [N in CallName]: (body: CallBody<N>) => Promise<unknown> }

export function openCalls({ storage, queue }: StoreParts): Calls {
  const { outputs, scratch, parts, reports, roots } = storage
  const at = ({ staged, destination: { jobId, attempt } }: CallBody<'prepare'>) =>
    stagedPlace(storage, jobId, attempt, staged)

  return {
    roots: () => roots.ids(),
    check: ({ path, ...options }) => outputs.check(path, options),
    prepare: (body) => outputs.prepare(at(body), body.destination),
    async place({ prepared, keepExisting, ...body }) {
      const { jobId, attempt } = body.destination
      // A worker that has lost its job meanwhile was told so by Redis; here nobody has to believe it.
      if (!(await queue.jobs.hasCommitted(jobId, attempt))) {
        throw new FfleetError('FORBIDDEN', `Attempt ${attempt} of job ${jobId} has not decided to publish anything.`)
      }
      return outputs.place(prepared, at(body), body.destination, { keepExisting })
    },
    discard: ({ prepared, ...body }) => outputs.discard(prepared, at(body), body.destination),
    async sweep({ jobId, attempt }) {
      await (attempt === null ? scratch.removeJob(jobId) : scratch.sweep(jobId, attempt))
      await outputs.sweep(jobId, attempt ?? Number.POSITIVE_INFINITY)
    },
    remove: ({ jobId, attempt }) => scratch.remove(jobId, attempt),
    async pending() {
      const staged = await scratch.list()
      const all = [...staged, ...(await outputs.pending())]
      return all.map(({ jobId, attempt, modifiedMs }) => ({ jobId, attempt, modifiedMs }))
    },
    sweepUnknown: () => outputs.sweepUnknown(Date.now()),
    async findPart({ name }) {
      const path = await parts.find(name)
      return { sha256: path && (await readManifest(path, { sync: false })).sha256 }
    },
    async keepPart({ name, sha256, jobId, attempt, staged }) {
      const path = stagedPlace(storage, jobId, attempt, staged)
      const isKept = (await readManifest(path, { sync: false })).sha256 === sha256
      if (isKept) {
        await parts.keep(name, path)
        await parts.share(name)
      }
      return { isKept }
    },
    async sweepParts(limits) {
      await parts.sweep(limits)
      await parts.sweepShared(limits)
    },
    forget: ({ jobId }) => reports.remove(jobId),
  }
}

/** Where the API has what a worker sends of an attempt. @throws FfleetError INVALID_REQUEST, NOT_FOUND. */
export function stagedPlace({ scratch }: Pick<Storage, 'scratch'>, jobId: string, attempt: number, staged: string) {
  if (staged === '' || leavesRoot(staged) || /(^|\/)(\.|$)/.test(staged) || staged.includes('\0')) {
    throw new FfleetError('INVALID_REQUEST', 'The file must be a relative path in the folder of the attempt.')
  }
  return join(scratch.path(jobId, attempt), staged)
}
