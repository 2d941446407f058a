import { type Diagnosis, FfleetError, type JobError, shownUri } from '../src/contract/index.js'
import { diagnose } from '../src/diagnosis/index.js'
import type { Logger } from '../src/log/index.js'
import { jobErrorFrom } from '../src/queue/index.js'
import type { AttemptContext } from './context.js'
import { EncodeFailed } from './stages/encode.js'
import { inItsPart } from './stages/which-part.js'

/** What an attempt failed with, as the job tells it and as the report explains it. */
export function explainFailure(
  context: AttemptContext,
  thrown: unknown,
): { error: JobError; diagnosis: Diagnosis | null } {
  const known = thrown instanceof FfleetError ? thrown : null
  const failed = thrown instanceof EncodeFailed ? thrown.pass : null
  const result = thrown instanceof EncodeFailed ? thrown.result : context.lastResult
  const because = thrown instanceof EncodeFailed ? null : registeredError(thrown, context.log)
  const input = shownUri(context.request.input.uri)
  const found =
    result && diagnose(result, because ? { input, because: { code: because.code, detail: plain(because) } } : { input })
  const error = found
    ? new FfleetError(found.code, inItsPart(failed, found.detail), {
        hint: known?.code === found.code ? known.hint : found.hint,
      })
    : because!
  return {
    error: jobErrorFrom(error, { attempt: context.attempt.number, atMs: Date.now() }),
    diagnosis: found && withoutDetail(found),
  }
}

/** What was thrown, by a code of the registry; what has none is logged. */
export function registeredError(thrown: unknown, log: Logger): FfleetError {
  if (thrown instanceof FfleetError) return thrown
  log.error({ err: thrown }, 'unexpected error')
  return new FfleetError('INTERNAL_ERROR', 'The worker met an unexpected error.')
}

/** A diagnosis adds its own full stop, or the line of the log that says it. */
const plain = (error: FfleetError) => error.message.replace(/\.$/, '')

function withoutDetail({ code, title, culprit, hint, retryable, reproduce }: Diagnosis): Diagnosis {
  return { code, title, culprit, hint, retryable, reproduce }
}
