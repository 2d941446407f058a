import { FfleetError } from '../../src/contract/index.js'
import type { InputFile } from '../../src/storage/index.js'
import type { JobContext } from '../context.js'

/**
 * Brings the input to this machine: a file of the media root is there already, if it still is. The API saw it when the
 * job came, so where it is missing the worker is named: another one may see it.
 */
async function fetchInput(context: JobContext, uri: string): Promise<InputFile> {
  const { storage, workerId, host } = context
  try {
    return await storage.inputs.resolve(uri)
  } catch (error) {
    if (!(error instanceof FfleetError) || error.code !== 'INPUT_NOT_FOUND') throw error
    const who = `${workerId} on ${host}`
    if (!(await storage.inputs.hasAny())) {
      throw new FfleetError('MEDIA_ROOT_UNAVAILABLE', `The media root of ${who} is empty, or not there.`, {
        cause: error,
      })
    }
    throw new FfleetError('INPUT_NOT_FOUND', `${who} does not find the input, which was there when the job came.`, {
      cause: error,
      hint: 'Put the file back, or let that worker see the same media root as the API; then retry the job.',
    })
  }
}

/** All inputs of the job, the one that it is named by first. */
export async function fetchInputs(context: JobContext): Promise<InputFile[]> {
  const { input, command } = context.request
  const uris = [input.uri, ...(command?.inputs ?? []).map(({ uri }) => uri)]
  const files: InputFile[] = []
  for (const uri of uris) files.push(await fetchInput(context, uri))
  return files
}
