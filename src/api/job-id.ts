import { FfleetError } from '../contract/index.js'
import { Closed, Type } from '../contract/schema.js'

/** The path of a job. What cannot be an id is a job that does not exist, not a fault of the request. */
export const JobPath = Closed({ id: Type.String({ description: 'Id of a job.' }) })

/** Ids are ULIDs; nothing else gets near a key of Redis or a file name. */
export const ID = '[0-9A-HJKMNP-TV-Z]{26}'
const JOB_ID = new RegExp(`^${ID}$`)

export function isJobId(text: string): boolean {
  return JOB_ID.test(text)
}

/** The id, if it can be one. @throws FfleetError NOT_FOUND */
export function jobIdOf(params: { id: string }): string {
  if (!isJobId(params.id)) throw noSuchJob()
  return params.id
}

/** What a lookup gave. @throws FfleetError NOT_FOUND where it gave nothing */
export function found<T>(job: T | null): T {
  if (job === null) throw noSuchJob()
  return job
}

export function noSuchJob(): FfleetError {
  return new FfleetError('NOT_FOUND', 'There is no job of that id.')
}
