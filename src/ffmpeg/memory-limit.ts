import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The control group of this process, which its children share, as far as it speaks of memory. Both answers are read from
 * the kernel each time, which takes some 20 µs and never waits for a disk.
 */
export type MemoryGroup = {
  /** The limit of the group; null also when there is none, and where it can't be read. */
  limitBytes(): number | null
  /** How often the kernel has killed a process of the group for want of memory, since the group was made; null if unknown. */
  oomKills(): number | null
}

/** Finds the control group, of version 2 or 1, in which a process stays as long as it lives. `root` is where `/` is, for tests. */
export function findMemoryGroup(root = '/'): MemoryGroup {
  const places = groupFiles(read(join(root, 'proc/self/cgroup')))
  const place = places.find(({ events }) => read(join(root, events)) !== '')
  if (place === undefined) return { limitBytes: () => null, oomKills: () => null }
  const [limitFile, eventsFile] = [join(root, place.limit), join(root, place.events)]
  return {
    limitBytes() {
      const limit = Number(read(limitFile))
      // Version 2 says `max` for no limit, version 1 a number just below 2^63.
      return Number.isFinite(limit) && limit > 0 && limit < 2 ** 60 ? limit : null
    },
    oomKills() {
      const kills = /^oom_kill (\d+)$/m.exec(read(eventsFile))
      return kills ? Number(kills[1]) : null
    },
  }
}

/** Where to look: at the group's path and, because a container may show its own group as the top, at the top. */
function groupFiles(cgroup: string): { limit: string; events: string }[] {
  const found: { limit: string; events: string }[] = []
  for (const [, controllers, path] of cgroup.matchAll(/^\d+:([^:]*):(.*)$/gm)) {
    if (controllers === '') {
      for (const folder of [join('sys/fs/cgroup', path!), 'sys/fs/cgroup'])
        found.push({ limit: join(folder, 'memory.max'), events: join(folder, 'memory.events') })
    } else if (controllers!.split(',').includes('memory')) {
      for (const folder of [join('sys/fs/cgroup/memory', path!), 'sys/fs/cgroup/memory'])
        found.push({ limit: join(folder, 'memory.limit_in_bytes'), events: join(folder, 'memory.oom_control') })
    }
  }
  return found
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
