/**
 * Sessions of browsers: a cookie that no script can read, and that no page of another site makes a browser send. It says whose
 * key was given and until when it counts, signed over the hash of that key: it ends with the key, and nothing is kept of it.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { type Caller, hashOf, type KeyRing } from '../../callers/index.js'

export const SESSION_MS = 7 * 24 * 60 * 60 * 1000
const COOKIE = 'ffleet'
const FORM = /^([0-9a-f]{12})\.([0-9a-z]{8,9})\.([\w-]{43})$/

export class Sessions {
  readonly #ring: KeyRing
  readonly #secret: () => Promise<string>

  /** `secret` is shared by every API process of a fleet. */
  constructor(ring: KeyRing, secret: () => Promise<string>) {
    this.#ring = ring
    this.#secret = secret
  }

  /** Null when it is no valid key. */
  async begin(key: string): Promise<{ caller: Caller; value: string } | null> {
    const caller = this.#ring.callerOf(key)
    if (caller === null) return null
    const untilMs = Date.now() + SESSION_MS
    const head = `${caller.keyId}.${untilMs.toString(36)}`
    const value = `${head}.${signature(await this.#secret(), head, hashOf(key))}`
    return { caller: { ...caller, endsAt: new Date(untilMs).toISOString() }, value }
  }

  async callerOf(value: string): Promise<Caller | null> {
    const [, id = '', until = '', given = ''] = FORM.exec(value) ?? []
    const holder = this.#ring.holderOf(id)
    const untilMs = Number.parseInt(until, 36)
    if (holder === null || !(untilMs > Date.now())) return null
    const secret = await this.#secret()
    const bytes = Buffer.from(given)
    const isSigned = (hash: string) => timingSafeEqual(bytes, Buffer.from(signature(secret, `${id}.${until}`, hash)))
    return holder.hashes.some(isSigned) ? { ...holder.caller, endsAt: new Date(untilMs).toISOString() } : null
  }
}

function signature(secret: string, head: string, hash: string): string {
  return createHmac('sha256', secret).update(`session:${head}:${hash}`).digest('base64url')
}

/** What a `Cookie` header says of a session; undefined where it says nothing. */
export function sessionIn(cookie: string | undefined): string | undefined {
  return new RegExp(`(?:^|; *)${COOKIE}=([^;]*)`).exec(cookie ?? '')?.[1]
}

/** A `Set-Cookie` header; an empty value takes the cookie away. `secure`: it is sent over TLS alone. */
export function sessionCookie(value: string, { path, secure }: { path: string; secure: boolean }): string {
  const seconds = value === '' ? 0 : SESSION_MS / 1000
  return `${COOKIE}=${value}; Path=${path}; Max-Age=${seconds}; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`
}
