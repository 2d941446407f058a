import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What the control group of this process, which its children share, says about memory. Null where it can't be read. */
export type MemoryLimit = {
  /** The limit of the group; null also when there is none. */
  limitBytes: number | null
  /** How often the kernel has killed a process of the group for want of memory, since the group was made. */
  oomKills: number | null
}

/** Reads the limit and the kill counter, from control groups of version 2 or 1. `root` is where `/` is, for tests. */
export async function readMemoryLimit(root = '/'): Promise<MemoryLimit> {
  const own = await read(root, 'proc/self/cgroup')
  for (const [folder, limitFile, eventsFile] of groupFolders(own)) {
    const events = await read(root, folder, eventsFile)
    if (events === '') continue
    const limit = Number(await read(root, folder, limitFile))
    const kills = /^oom_kill (\d+)$/m.exec(events)
    return {
      // Version 2 says `max` for no limit, version 1 a number just below 2^63.
      limitBytes: Number.isFinite(limit) && limit > 0 && limit < 2 ** 60 ? limit : null,
      oomKills: kills ? Number(kills[1]) : null,
    }
  }
  return { limitBytes: null, oomKills: null }
}

/** Where to look: at the group's path and, because a container may show its own group as the top, at the top. */
function groupFolders(cgroup: string): [folder: string, limit: string, events: string][] {
  const found: [string, string, string][] = []
  for (const [, controllers, path] of cgroup.matchAll(/^\d+:([^:]*):(.*)$/gm)) {
    if (controllers === '') {
      for (const folder of [join('sys/fs/cgroup', path!), 'sys/fs/cgroup'])
        found.push([folder, 'memory.max', 'memory.events'])
    } else if (controllers!.split(',').includes('memory')) {
      for (const folder of [join('sys/fs/cgroup/memory', path!), 'sys/fs/cgroup/memory'])
        found.push([folder, 'memory.limit_in_bytes', 'memory.oom_control'])
    }
  }
  return found
}

async function read(...path: string[]): Promise<string> {
  return readFile(join(...path), 'utf8').catch(() => '')
}
