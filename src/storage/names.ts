/** What may become part of a path. */
import { FfleetError } from '../contract/index.js'

/** Bytes of one name that Linux and macOS file systems hold. */
export const NAME_BYTES = 255

/** The folder in the output root where outputs grow until they are published. No output may lie in it. */
export const SCRATCH_FOLDER = '.ffleet'

/** In the output root and in the data folder: the id by which a worker knows them. No output may have this name. */
export const ROOT_FILE = '.ffleet-root'

/**
 * Gives the id back if it can be nothing but one plain name.
 *
 * @throws FfleetError NOT_FOUND otherwise: no job has such an id.
 */
export function safeJobId(jobId: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/.test(jobId)) return jobId
  throw new FfleetError('NOT_FOUND', 'There is no job of that id.')
}

/** True for an absolute path, `..` as a segment, or a NUL: what no path below a root may hold. */
export function leavesRoot(path: string): boolean {
  return path.startsWith('/') || path.split('/').includes('..')
}

/** True when `path` is `folder` or lies in it; both absolute and without links. */
export function isInside(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`)
}

/** The code of a system error, such as `ENOENT`; null for anything else. */
export function systemCode(error: unknown): string | null {
  const code = (error as NodeJS.ErrnoException | null)?.code
  return typeof code === 'string' ? code : null
}
