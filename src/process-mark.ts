/** Names a process so that another one with the same pid is not taken for it. */
import { readFileSync } from 'node:fs'

/** A pid and, where the system tells it (Linux), when that process started, in clock ticks since boot. */
export type ProcessMark = { pid: number; ticks: string | null }

/** State and start of a process from `/proc/<pid>/stat`; the name in parentheses may hold anything, so count after it. */
function readStat(pid: number): { state: string; ticks: string } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0]!, ticks: fields[19]! }
  } catch {
    return null
  }
}

export function markOf(pid: number): ProcessMark {
  return { pid, ticks: readStat(pid)?.ticks ?? null }
}

/** Whether the marked process still runs on this machine; a zombie does not. */
export function isRunning({ pid, ticks }: ProcessMark): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  const stat = readStat(pid)
  return stat === null || (stat.state !== 'Z' && (ticks === null || stat.ticks === ticks))
}
