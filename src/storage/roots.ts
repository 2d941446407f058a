/**
 * Which folder a root is, wherever it is mounted: by a file of its own where ffleet may write, else by what stands in it.
 */
import { randomUUID } from 'node:crypto'
import { lstat, opendir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT_FILE, systemCode } from './names.js'

/** Ids of what ffleet writes in; null where it has none. Reports that lie in the data folder have its id. */
export type RootIds = { outputs: string | null; data: string | null; reports: string | null }

/** Some of what stands at the top of a media root: names, with the size of each file and null for anything else. */
export type MediaSample = [name: string, bytes: number | null][]

const SAMPLE_SIZE = 16

export type Roots = {
  ids(): Promise<RootIds>
  /** The same; what has no id is given one. System errors where that cannot be written. */
  claim(): Promise<{ [Root in keyof RootIds]: string }>
  /** Empty where nothing stands in the media root, or it cannot be read. */
  sampleMedia(): Promise<MediaSample>
  /** Whether the media root is the one of the sample: files come and go, but a quarter of them is still there. */
  holdsMedia(sample: MediaSample): Promise<boolean>
}

/** The id of a root, where that is kept. */
export type RootMark = {
  /** Null where it has none. */
  read(): Promise<string | null>
  /** The same; gives it one where it has none. */
  claim(): Promise<string>
}

export function folderMark(root: string): RootMark {
  return { read: () => readId(root), claim: () => claimId(root) }
}

type Parts = { mediaRoot: string } & { [Root in keyof RootIds]: RootMark }

export function openRoots({ mediaRoot, outputs, data, reports }: Parts): Roots {
  return {
    async ids() {
      return { outputs: await outputs.read(), data: await data.read(), reports: await reports.read() }
    },
    async claim() {
      return { outputs: await outputs.claim(), data: await data.claim(), reports: await reports.claim() }
    },
    async sampleMedia() {
      const names = spread((await namesIn(mediaRoot)).sort(), SAMPLE_SIZE)
      const looks = await Promise.all(names.map((name) => lookAt(join(mediaRoot, name))))
      return names.flatMap((name, i) => (looks[i] === undefined ? [] : [[name, looks[i]!.bytes]]))
    },
    async holdsMedia(sample) {
      const looks = await Promise.all(sample.map(([name]) => lookAt(join(mediaRoot, name))))
      const there = sample.filter(([, bytes], i) => looks[i]?.bytes === bytes)
      return there.length * 4 >= sample.length
    },
  }
}

async function readId(root: string): Promise<string | null> {
  return idIn(await readFile(join(root, ROOT_FILE), 'utf8').catch(() => ''))
}

/** Null for what is no id. */
export function idIn(text: string): string | null {
  return /^[0-9a-f-]{36}$/.exec(text.trim())?.[0] ?? null
}

async function claimId(root: string): Promise<string> {
  const known = await readId(root)
  if (known !== null) return known
  const id = randomUUID()
  try {
    await writeFile(join(root, ROOT_FILE), `${id}\n`, { flag: 'wx' })
    return id
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error
    // Another one was faster, or is writing it; what is no id stays nobody's.
    for (let tries = 0; tries < 20; tries++) {
      const other = await readId(root)
      if (other !== null) return other
      await new Promise((done) => setTimeout(done, 50))
    }
    throw new Error(`${ROOT_FILE} holds no id; remove it, and it is written anew.`)
  }
}

async function namesIn(folder: string): Promise<string[]> {
  const names: string[] = []
  const dir = await opendir(folder).catch(() => null)
  if (dir === null) return names
  try {
    for await (const { name } of dir) if (!name.startsWith('.')) names.push(name)
  } catch {
    // It went away while it was read: what was seen of it is no sample.
    return []
  }
  return names
}

/** So many of them at most, apart by equal steps. */
function spread<T>(all: T[], count: number): T[] {
  if (all.length <= count) return all
  return Array.from({ length: count }, (_, i) => all[Math.floor((i * all.length) / count)]!)
}

async function lookAt(path: string): Promise<{ bytes: number | null } | undefined> {
  const stats = await lstat(path).catch(() => undefined)
  return stats && { bytes: stats.isFile() ? stats.size : null }
}
