import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seccompFilter } from './filter.js'

let kept: number | undefined

/**
 * A descriptor from which the filter of this machine can be read, from its beginning; the caller closes it. This process
 * keeps the filter in a file without a name, so that nobody can change it.
 *
 * @throws Error where no file can be made, or there is no filter for the architecture.
 */
export function openFilter(): number {
  kept ??= keep()
  return openSync(`/proc/self/fd/${kept}`, 'r')
}

function keep(): number {
  const bytes = seccompFilter()
  if (bytes === null) throw new Error(`There is no filter of system calls for ${process.arch}.`)
  const folder = mkdtempSync(join(tmpdir(), 'ffleet-seccomp-'))
  try {
    const file = join(folder, 'filter')
    writeFileSync(file, bytes, { mode: 0o400, flag: 'wx' })
    return openSync(file, 'r')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
