import { FfleetError } from '../contract/index.js'
import { systemCode } from './names.js'

const FULL = new Set(['ENOSPC', 'EDQUOT'])
const NOT_WRITABLE = new Set([
  'EACCES',
  'EPERM',
  'EROFS',
  'EISDIR',
  'ENOTDIR',
  'EEXIST',
  'ENOTEMPTY',
  'ENAMETOOLONG',
  'ELOOP',
  'EFBIG',
])

/**
 * The registry's error for a failed write. System messages hold host paths, so only their code goes into the detail; the
 * error itself is the cause. `what` begins the detail, without a full stop.
 */
export function writeError(error: unknown, what: string): FfleetError {
  if (error instanceof FfleetError) return error
  const code = systemCode(error) ?? 'unknown'
  const detail = `${what} (${code}).`
  if (FULL.has(code)) return new FfleetError('DISK_FULL', detail, { cause: error })
  return new FfleetError(NOT_WRITABLE.has(code) ? 'OUTPUT_NOT_WRITABLE' : 'INTERNAL_ERROR', detail, { cause: error })
}
