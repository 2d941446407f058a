import { isMainThread } from 'node:worker_threads'
import { findExecutable, findSetpriv } from '../../programs.js'
import { behindPrograms, DIES_WITH_PARENT, dieWithParent } from '../die-with-parent.js'
import type { Enclosure } from '../enclosure.js'
import { type Limits, limitOptions } from './limits.js'

/**
 * What there is where no sandbox starts: ffmpeg dies with this process, gets no privileges by programs that have them, and is
 * limited in what one process may use up. It sees and reaches all that this user does, so this is no sandbox. Where setpriv
 * or prlimit are missing, and outside the main thread, it is `dieWithParent`.
 */
export function withLimits(limits: Limits): Enclosure {
  const [setpriv, prlimit] = [findSetpriv(), findExecutable('prlimit')]
  if (setpriv === null || prlimit === null || !isMainThread) return dieWithParent()
  return behindPrograms('limits', [
    [setpriv, ...DIES_WITH_PARENT, '--no-new-privs', '--'],
    // Not of processes: outside of a namespace all of the user are counted.
    [prlimit, ...limitOptions(limits), '--'],
  ])
}
