/**
 * Keys as people hold them: `ffleet_<id>_<secret>`. The id says which key it is and is no secret; the rest is 256 random
 * bits. At rest there is only a SHA-256 of the whole. A slow hash defends words that people choose and others can guess;
 * nobody guesses 256 bits, so it would only make every request slow.
 */
import { hash, randomBytes, timingSafeEqual } from 'node:crypto'

const KEY = /^ffleet_([0-9a-f]{12})_[\w-]{43}$/

export function newKeyId(): string {
  return randomBytes(6).toString('hex')
}

/** A key of that id; the only time that anybody sees it. */
export function newKey(id: string): string {
  return `ffleet_${id}_${randomBytes(32).toString('base64url')}`
}

/** The id in a key; null for what is none. */
export function keyIdOf(key: string): string | null {
  return KEY.exec(key)?.[1] ?? null
}

export function hashOf(key: string): string {
  return hash('sha256', key, 'hex')
}

/** Compares in a time that does not depend on where they differ. */
export function sameHash(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
