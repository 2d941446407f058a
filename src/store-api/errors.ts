/** What the API that keeps the files refuses, in the words of the registry. */
import { FfleetApiError, FfleetConnectionError } from '../client/api-error.js'
import { ERRORS, type ErrorCode, FfleetError } from '../contract/index.js'

/** The API itself, or what is in between, does not answer as it should, and may the next time. */
const PASSING = new Set(['QUEUE_UNAVAILABLE', 'RATE_LIMITED', 'INTERNAL_ERROR', 'UPLOAD_CONFLICT'])

/** Whether the same may succeed a little later. */
export function mayPass(error: unknown): boolean {
  if (error instanceof FfleetConnectionError) return true
  return error instanceof FfleetApiError && (PASSING.has(error.code) || /^HTTP_(408|429|5\d\d)$/.test(error.code))
}

/** What the store behind the API refuses keeps its code, where a job may end with it; addresses stay in the cause. */
export function storeError(error: unknown): unknown {
  if (!(error instanceof FfleetApiError) && !(error instanceof FfleetConnectionError)) return error
  if (mayPass(error)) {
    const said = error instanceof FfleetApiError ? error.code : 'no answer'
    const detail = `The API that keeps the files of the fleet does not answer, or not now (${said}).`
    return new FfleetError('STORE_UNAVAILABLE', detail, { cause: error })
  }
  const { code, detail, hint } = error as FfleetApiError
  if (isOfJobs(code)) return new FfleetError(code, detail, { cause: error, ...(hint && { hint }) })
  const refused = `The API that keeps the files of the fleet refuses what the worker asks for (${code}): ${detail}`
  return new FfleetError('STORE_REFUSED', refused, { cause: error })
}

function isOfJobs(code: string): code is ErrorCode {
  return code in ERRORS && ERRORS[code as ErrorCode].job
}
