/** Which file stands at a path: what was published there, or what somebody else put in its place since. */
import type { Stats } from 'node:fs'

/** What is known of a published file or folder, as its place showed it right after it was put there. */
export type FileIdentity = {
  /** Of a folder: of its files together. */
  bytes: number
  modifiedMs: number
  /** Null where things have none. */
  inode: number | null
  /** What the store calls these very bytes, where it does; of a folder, a hash of what it calls its files. */
  etag?: string
}

export function identityOf(stats: Stats, bytes = stats.size): FileIdentity {
  return { bytes, modifiedMs: Math.trunc(stats.mtimeMs), inode: stats.ino }
}

/**
 * What two looks at a path tell of each other. 'unsure': the same size at another time, which may be a file that was
 * copied back from a backup; only its content tells.
 *
 * Inodes alone decide nothing: another machine may see the same file by another number.
 */
export function compareIdentity(published: FileIdentity, now: FileIdentity): 'same' | 'other' | 'unsure' {
  if (published.bytes !== now.bytes) return 'other'
  return isSameTime(published.modifiedMs, now.modifiedMs) ? 'same' : 'unsure'
}

/** Some file systems keep whole seconds only, or two of them. */
function isSameTime(a: number, b: number): boolean {
  if (a === b) return true
  const isCoarse = a % 1_000 === 0 || b % 1_000 === 0
  return isCoarse && Math.abs(a - b) < 2_000
}
