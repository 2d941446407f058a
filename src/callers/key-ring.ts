import { type StatsListener, unwatchFile, watchFile } from 'node:fs'
import type { Logger } from '../log/index.js'
import type { Caller } from './caller.js'
import { type KeyFile, readKeyFile, type StoredKey } from './key-file.js'
import { hashOf, keyIdOf, sameHash } from './key-text.js'
import { addLastUsed } from './last-used.js'

/** How often it is looked whether the file has changed: so long a revoked key may still be taken. */
const LOOK_MS = 1_000
const WRITE_USED_MS = 60_000
/** Compared with where there is no such key, so that this takes as long. */
const NOBODY = { hash: hashOf(''), former: null, revokedAt: null }

type Held = StoredKey & { formerUntilMs: number }
type Log = Pick<Logger, 'info' | 'warn' | 'error'>

/** The keys and quotas of an API as they are now: changes of the file are picked up, and told to the log. */
export class KeyRing {
  readonly #path: string
  readonly #log: Log
  #keys = new Map<string, Held>()
  #quotas: KeyFile['tenants'] = {}
  readonly #listeners: (() => void)[] = []
  readonly #used = new Map<string, number>()
  readonly #timer: NodeJS.Timeout
  #isUsedWritable = true
  readonly #onChange: StatsListener = () => void this.#readAgain()

  private constructor(path: string, log: Log, lookMs: number) {
    this.#path = path
    this.#log = log
    // Looked at by its name, and not by events: they know nothing of network folders, and follow a file that was replaced.
    watchFile(path, { interval: lookMs, persistent: false }, this.#onChange)
    this.#timer = setInterval(() => void this.#writeUsed(), WRITE_USED_MS).unref()
  }

  /** @throws KeyFileError when the file cannot be used. */
  static async open(path: string, log: Log, { lookMs = LOOK_MS } = {}): Promise<KeyRing> {
    const stored = await readKeyFile(path)
    const ring = new KeyRing(path, log, lookMs)
    ring.#keys = held(stored.keys)
    ring.#quotas = stored.tenants
    return ring
  }

  /** Who holds the key; null when it is none, or no longer. */
  callerOf(key: string): Caller | null {
    const found = this.#keys.get(keyIdOf(key) ?? '')
    const hash = hashOf(key)
    const { hash: own, former } = found ?? NOBODY
    const isOwn = sameHash(hash, own)
    const isFormer = sameHash(hash, former?.hash ?? NOBODY.hash) && former !== null && Date.now() < found!.formerUntilMs
    if (found === undefined || found.revokedAt !== null || !(isOwn || isFormer)) return null
    this.#used.set(found.id, Date.now())
    return callerFrom(found)
  }

  /** Who has the key of that id, and the hashes of what opens it now; null when there is none. */
  holderOf(id: string): { caller: Caller; hashes: string[] } | null {
    const found = this.#keys.get(id)
    if (found === undefined || found.revokedAt !== null) return null
    const { hash, former, formerUntilMs } = found
    const isFormerValid = former !== null && Date.now() < formerUntilMs
    return { caller: callerFrom(found), hashes: isFormerValid ? [hash, former.hash] : [hash] }
  }

  /** Whether somebody who was let in may stay: the key is there, and says what it said. */
  isStill({ keyId, role, tenant }: Caller): boolean {
    const caller = keyId === null ? null : this.holderOf(keyId)?.caller
    return caller?.role === role && caller.tenant === tenant
  }

  /** Quotas by tenant, `*` for all that have none of their own. */
  get quotas(): KeyFile['tenants'] {
    return this.#quotas
  }

  /** Called when keys or quotas have changed. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener)
  }

  async close(): Promise<void> {
    unwatchFile(this.#path, this.#onChange)
    clearInterval(this.#timer)
    await this.#writeUsed()
  }

  /** A file that cannot be read changes nothing: the keys of before stay as they are, revoked ones too. */
  async #readAgain(): Promise<void> {
    try {
      const before = this.#keys
      const { keys, tenants } = await readKeyFile(this.#path)
      this.#keys = held(keys)
      if (JSON.stringify(tenants) !== JSON.stringify(this.#quotas)) this.#log.info({ tenants }, 'audit: quotas changed')
      this.#quotas = tenants
      this.#tell(before)
      for (const listener of this.#listeners) listener()
    } catch (error) {
      this.#log.error({ err: error }, 'the keys are as before: their file cannot be used')
    }
  }

  #tell(before: ReadonlyMap<string, Held>): void {
    for (const { id, name, role, tenant, revokedAt, hash, changedBy } of this.#keys.values()) {
      const was = before.get(id)
      const isGone = revokedAt !== null && was?.revokedAt === null
      const did = was === undefined ? 'added' : isGone ? 'revoked' : was.hash === hash ? null : 'rotated'
      if (did) this.#log.info({ key: id, name, role, tenant, by: changedBy }, `audit: key ${did}`)
    }
    for (const { id, name } of before.values()) {
      if (!this.#keys.has(id)) this.#log.info({ key: id, name }, 'audit: key taken out of the file')
    }
  }

  async #writeUsed(): Promise<void> {
    if (this.#used.size === 0) return
    const used = new Map(this.#used)
    this.#used.clear()
    try {
      await addLastUsed(this.#path, used)
      this.#isUsedWritable = true
    } catch (error) {
      if (this.#isUsedWritable) this.#log.warn({ err: error }, 'when keys were last used is not kept')
      this.#isUsedWritable = false
    }
  }
}

function callerFrom({ id, name, role, tenant, arguments: isTrusted = false }: StoredKey): Caller {
  return { keyId: id, name, role, tenant, arguments: isTrusted, endsAt: null }
}

function held(stored: StoredKey[]): Map<string, Held> {
  return new Map(stored.map((key) => [key.id, { ...key, formerUntilMs: Date.parse(key.former?.until ?? '') }]))
}
