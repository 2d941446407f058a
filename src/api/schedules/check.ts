/** Looks at what a schedule would send, before its time comes. */
import { FfleetError, type JobRequest } from '../../contract/index.js'
import type { InputFile, Storage } from '../../storage/index.js'
import { type Fault, refusal } from '../submission/faults.js'
import { normalizeRequest, type SubmissionOptions } from '../submission/submission.js'
import { fillIn, placeholderFaults, valuesAt } from './placeholders.js'

/** Stands for a file that is not there yet: no output is at its place. */
const TO_COME: InputFile = { path: '', bytes: 0, modifiedMs: 0, device: -1, inode: -1 }

type Places = { inputs: Storage['inputs']; outputs: Storage['outputs'] }

/** The same places, where inputs may come yet, and what stands at the path of an output may be gone by then. */
export function placesToCome({ inputs, outputs }: Places): Places {
  return {
    inputs: {
      ...inputs,
      resolve: (uri) =>
        inputs.resolve(uri).catch((error) => {
          if (error instanceof FfleetError && error.code === 'INPUT_NOT_FOUND') return TO_COME
          throw error
        }),
    },
    outputs: { ...outputs, resolve: async (...at) => ({ ...(await outputs.resolve(...at)), taken: false }) },
  }
}

/**
 * Makes sure that nothing but the world can stand against the job: at the slots that come next it names presets and
 * paths that may be, and other outputs each time.
 *
 * @throws FfleetError as a submission, with pointers into the schedule.
 */
export async function checkTemplate(
  job: JobRequest,
  {
    slots,
    zone,
    checks,
  }: { slots: readonly number[]; zone: { timeZone: string; name: string }; checks: SubmissionOptions },
): Promise<void> {
  const faults = placeholderFaults(job)
  if (faults.length > 0) throw within(refusal(faults))
  const filled = slots.map((slotMs) => fillIn(job, valuesAt(slotMs, zone)))
  try {
    await normalizeRequest(filled[0]!, { ...checks, ownerOf: async () => null })
  } catch (error) {
    throw error instanceof FfleetError ? within(error) : error
  }
  const shared = sharedPaths(filled)
  if (shared.length > 0) throw within(refusal(shared))
}

/** Outputs that may replace nothing, and have the same path in two runs. */
function sharedPaths(filled: readonly JobRequest[]): Fault[] {
  return filled[0]!.outputs.flatMap(({ path, onExists = 'fail' }, i): Fault[] => {
    const paths = filled.map(({ outputs }) => outputs[i]!.path)
    if (path === undefined || onExists !== 'fail' || new Set(paths).size === paths.length) return []
    const detail =
      `\`job.outputs[${i}].path\` is the same in several runs, ${path}, so that all but the first would be refused; ` +
      'put {date} and {time} into it, or set `onExists` to `replace` or `rename`.'
    return [{ code: 'INVALID_REQUEST', pointer: `/outputs/${i}/path`, detail }]
  })
}

/** The job is a field of the schedule. */
function within({ code, message, errors, hint }: FfleetError): FfleetError {
  return new FfleetError(code, message, {
    errors: errors.map(({ pointer, detail }) => ({ pointer: `/job${pointer}`, detail })),
    hint,
  })
}
