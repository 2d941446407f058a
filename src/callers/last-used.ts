/** When keys were last used: beside the keys, in a file of the API's own, so that it never writes to theirs. */
import { readFile, rename, writeFile } from 'node:fs/promises'

/** Times by the ids of keys, ISO 8601. */
export type LastUsed = Record<string, string>

const fileOf = (keyFile: string) => `${keyFile}.used`

/** Nothing where nothing is known. */
export async function readLastUsed(keyFile: string): Promise<LastUsed> {
  try {
    const value: unknown = JSON.parse(await readFile(fileOf(keyFile), 'utf8'))
    return typeof value === 'object' && value !== null ? (value as LastUsed) : {}
  } catch {
    return {}
  }
}

/** Adds to what is known already, to which other APIs add as well. */
export async function addLastUsed(keyFile: string, used: ReadonlyMap<string, number>): Promise<void> {
  const known = await readLastUsed(keyFile)
  for (const [id, ms] of used) {
    const at = new Date(ms).toISOString()
    if (at > (known[id] ?? '')) known[id] = at
  }
  const fresh = `${fileOf(keyFile)}.${process.pid}`
  await writeFile(fresh, `${JSON.stringify(known, null, 2)}\n`, { mode: 0o600 })
  await rename(fresh, fileOf(keyFile))
}
