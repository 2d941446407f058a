import type { InputFile } from '../../src/storage/index.js'
import type { AttemptContext } from '../context.js'

/** Brings the input to this machine: a file of the media root is there already, if it still is. */
export function fetchInput(context: AttemptContext): Promise<InputFile> {
  return context.storage.inputs.resolve(context.request.input.uri)
}
