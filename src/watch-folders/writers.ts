/** Who writes in which file just now, as far as Linux lets this user see: elsewhere nobody. */
import { readdir, readFile, readlink, stat } from 'node:fs/promises'

/** `O_ACCMODE`: the bits of open flags that say whether it is read, written or both. */
const ACCESS_BITS = 3

/** A file, whatever it is called and wherever it is mounted. */
export const deviceAndInode = ({ dev, ino }: { dev: number; ino: number }) => `${dev}:${ino}`

/** The files that processes of this user hold open for writing, each as `deviceAndInode`. */
export async function filesBeingWritten(): Promise<Set<string>> {
  const written = new Set<string>()
  const entries = await readdir('/proc').catch((): string[] => [])
  for (const pid of entries.filter((name) => /^\d+$/.test(name))) {
    // Those of other users may not be read, and others end meanwhile.
    const descriptors = await readdir(`/proc/${pid}/fd`).catch((): string[] => [])
    await Promise.all(descriptors.map((descriptor) => look(pid, descriptor, written)))
  }
  return written
}

async function look(pid: string, descriptor: string, written: Set<string>): Promise<void> {
  try {
    const link = `/proc/${pid}/fd/${descriptor}`
    // Sockets and pipes have no path, and most of what is open lies in no media root.
    if (!/^\/(?!dev\/|proc\/)/.test(await readlink(link))) return
    const flags = /^flags:\s*([0-7]+)$/m.exec(await readFile(`/proc/${pid}/fdinfo/${descriptor}`, 'utf8'))?.[1]
    if (flags === undefined || (Number.parseInt(flags, 8) & ACCESS_BITS) === 0) return
    const facts = await stat(link)
    if (facts.isFile()) written.add(deviceAndInode(facts))
  } catch {
    // It was closed meanwhile.
  }
}
