import { FfleetError } from '../contract/index.js'

/** Whether a run never began because its input was replaced or taken away since it was opened, by the error of the run. */
export function saysInputChanged(error: string): boolean {
  return error.startsWith('ESTALE: ffleet: ')
}

/** Without its full stop, which a diagnosis adds. */
export const INPUT_CHANGED_DETAIL = 'Another file came to the path of the input, or none is there any more'

export function inputChanged(cause: string): FfleetError {
  return new FfleetError('INPUT_CHANGED', `${INPUT_CHANGED_DETAIL}.`, { cause })
}
