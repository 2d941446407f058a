import { writeFileSync } from 'node:fs'

/** The highest: chosen before every process that has less. */
const FIRST = '1000'

/**
 * When memory runs out the kernel is to kill this ffmpeg, which can be run again, rather than the worker with all that it
 * runs (proc(5), `oom_score_adj`; to raise it takes no privilege). Where the system knows nothing of it, nothing happens.
 */
export function killFirstWithoutMemory(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, FIRST)
  } catch {}
}
