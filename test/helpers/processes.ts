import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** What the tests ask the kernel about processes, through /proc. A zombie is no longer alive. */
type Process = { pid: number; state: string; parent: number; group: number; session: number }

function processes(): Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
        const [state, parent, group, session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        return [
          { pid: Number(name), state: state!, parent: Number(parent), group: Number(group), session: Number(session) },
        ]
      } catch {
        return [] // ended meanwhile
      }
    })
    .filter(({ state }) => state !== 'Z' && state !== 'X')
}

/** Whether a process runs, stopped ones included. */
export function isAlive(pid: number): boolean {
  return processes().some((process) => process.pid === pid)
}

/** The living processes of a process group. */
export function groupMembers(group: number): number[] {
  return processes().flatMap((process) => (process.group === group ? [process.pid] : []))
}

/** The living children of a process. */
export function childrenOf(pid: number): number[] {
  return processes().flatMap((process) => (process.parent === pid ? [process.pid] : []))
}

/** The living processes that have such an argument. */
export function processesWith(argument: string): number[] {
  return processes().flatMap(({ pid }) => (commandLine(pid).includes(argument) ? [pid] : []))
}

/** The command line of a process; empty when it is gone. */
export function commandLine(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1)
  } catch {
    return []
  }
}

/** The function of the kernel that a process waits in, such as `wait_for_partner` for the other end of a FIFO. */
export function waitsIn(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/wchan`, 'utf8')
  } catch {
    return ''
  }
}

/** What the open file descriptors of this process lead to, without those that Node itself opens and closes. */
export function openFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`)
      return /^\/proc\/\d+\/fd$/.test(target) ? [] : [target] // the one that readdir itself uses
    } catch {
      return []
    }
  })
}
