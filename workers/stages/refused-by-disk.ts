import { writeError } from '../../src/storage/index.js'

/** What is finished here, such as segments, meets a full disk as ffmpeg does. Any other error stays as it is. */
export function refusedByDisk(error: unknown): unknown {
  const told = writeError(error, 'The output cannot be finished')
  return told.code === 'INTERNAL_ERROR' ? error : told
}
