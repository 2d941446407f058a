import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A control group whose processes get so much memory together. */
export type MemoryGroup = {
  add(pid: number): Promise<void>
  /** How many the kernel has killed in it. */
  kills(): Promise<number>
  /** Once nothing runs in it; what does is moved back to the top first. */
  remove(): Promise<void>
}

const VERSIONS = [
  { root: '/sys/fs/cgroup/memory', limit: 'memory.limit_in_bytes', events: 'memory.oom_control' },
  { root: '/sys/fs/cgroup', limit: 'memory.max', events: 'memory.events' },
]

/** Null where this process may not make one. */
export async function makeMemoryGroup(bytes: number): Promise<MemoryGroup | null> {
  for (const { root, limit, events } of VERSIONS) {
    const folder = join(root, `ffleet-test-${process.pid}`)
    try {
      await mkdir(folder)
      await writeFile(join(folder, limit), String(bytes))
    } catch {
      await rmdir(folder).catch(() => {})
      continue
    }
    return {
      add: (pid) => writeFile(join(folder, 'cgroup.procs'), String(pid)),
      kills: async () => Number(/^oom_kill (\d+)$/m.exec(await readFile(join(folder, events), 'utf8'))?.[1]),
      async remove() {
        const left = await readFile(join(folder, 'cgroup.procs'), 'utf8')
        for (const pid of left.split('\n').filter(Boolean))
          await writeFile(join(root, 'cgroup.procs'), pid).catch(() => {})
        await rmdir(folder)
      },
    }
  }
  return null
}
