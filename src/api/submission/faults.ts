import { type ErrorCode, FfleetError, type FieldError } from '../../contract/index.js'

/** What stands against one field of a request. */
export type Fault = FieldError & { code: ErrorCode }

/** What storage says of a path; anything that is not a refusal goes on its way. */
export function faultOf(error: unknown, pointer: string): Fault {
  if (!(error instanceof FfleetError)) throw error
  return { code: error.code, pointer, detail: error.message }
}

/** Everything that stands against a request, under its own code where all have the same. */
export function refusal(faults: Fault[]): FfleetError {
  const [first] = faults
  const code = faults.every((fault) => fault.code === first!.code) ? first!.code : 'INVALID_REQUEST'
  const detail = faults.length === 1 ? first!.detail : `${faults.length} fields are not valid.`
  return new FfleetError(code, detail, { errors: faults.map(({ pointer, detail }) => ({ pointer, detail })) })
}
