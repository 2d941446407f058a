/** What an operator does with keys. */
import { access } from 'node:fs/promises'
import { userInfo } from 'node:os'
import type { Quotas } from '../contract/quotas.js'
import { TENANT_NAME } from '../contract/session.js'
import { ALL_TENANTS, changeKeyFile, KEY_NAME, KeyFileError, type StoredKey } from './key-file.js'
import { hashOf, newKey, newKeyId } from './key-text.js'

const TENANT_WORDS = 'a tenant: 1 to 32 lower-case letters, digits and hyphens'

/** @throws KeyFileError when the name is taken, or it or the tenant is none. */
export async function addKey(
  path: string,
  { name, role, tenant, arguments: isTrusted = false }: Pick<StoredKey, 'name' | 'role' | 'tenant' | 'arguments'>,
): Promise<{ key: string; stored: StoredKey }> {
  mustFit(name, KEY_NAME, 'the name of a key: 1 to 64 letters, digits, dots, hyphens and @')
  if (tenant !== null) mustFit(tenant, TENANT_NAME, TENANT_WORDS)
  return changeKeyFile(path, ({ keys }) => {
    if (keys.some((each) => each.name === name && each.revokedAt === null)) {
      throw new KeyFileError(`there is a key "${name}" already; rotate it, or revoke it first`)
    }
    const made = newOne({ name, role, tenant, ...(isTrusted && { arguments: true }) })
    keys.push(made.stored)
    return made
  })
}

/**
 * Makes the file, with a key `admin` of that role in it; null where there is one, whatever it holds: who lost their keys
 * is not let in by a restart.
 *
 * @throws KeyFileError when it cannot be written.
 */
export async function addFirstKey(path: string): Promise<string | null> {
  const isThere = await access(path).then(
    () => true,
    () => false,
  )
  if (isThere) return null
  return changeKeyFile(path, ({ keys }) => {
    if (keys.length > 0) return null
    const { key, stored } = newOne({ name: 'admin', role: 'admin', tenant: null })
    keys.push(stored)
    return key
  })
}

function newOne(asked: Pick<StoredKey, 'name' | 'role' | 'tenant' | 'arguments'>): {
  key: string
  stored: StoredKey
} {
  const id = newKeyId()
  const key = newKey(id)
  const { changedAt, changedBy } = change()
  const made = { id, ...asked, hash: hashOf(key), former: null, createdAt: changedAt, revokedAt: null }
  return { key, stored: { ...made, changedAt, changedBy } }
}

/** From now on it opens nothing. @throws KeyFileError when there is none of that name or id. */
export function revokeKey(path: string, nameOrId: string): Promise<StoredKey> {
  return changeKeyFile(path, ({ keys }) => {
    const stored = validOne(keys, nameOrId)
    const { changedAt, changedBy } = change()
    return Object.assign(stored, { revokedAt: changedAt, former: null, changedAt, changedBy })
  })
}

/** A new key in its place; the one before stays valid for `graceMs`, so that programs can be told in turn. */
export function rotateKey(
  path: string,
  nameOrId: string,
  graceMs: number,
): Promise<{ key: string; stored: StoredKey }> {
  return changeKeyFile(path, ({ keys }) => {
    const stored = validOne(keys, nameOrId)
    const key = newKey(stored.id)
    const until = new Date(Date.now() + graceMs).toISOString()
    const former = graceMs > 0 ? { hash: stored.hash, until } : null
    return { key, stored: Object.assign(stored, { hash: hashOf(key), former, ...change() }) }
  })
}

function validOne(keys: StoredKey[], nameOrId: string): StoredKey {
  const found = keys.find(({ id, name, revokedAt }) => revokedAt === null && (id === nameOrId || name === nameOrId))
  if (found) return found
  throw new KeyFileError(`there is no valid key "${nameOrId}"`)
}

function change(): { changedAt: string; changedBy: string } {
  return { changedAt: new Date().toISOString(), changedBy: userName() }
}

/** In a container the user is often a number without a name. */
function userName(): string {
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid?.()}`
  }
}

/**
 * Sets some of a tenant's quotas, or those of all tenants that have none of their own (null). Undefined takes one away, so that
 * it is that of all; null: no limit.
 *
 * @throws KeyFileError
 */
export async function setQuotas(path: string, tenant: string | null, changes: QuotaChanges): Promise<Quotas> {
  if (tenant !== null) mustFit(tenant, TENANT_NAME, TENANT_WORDS)
  return changeKeyFile(path, ({ tenants }) => {
    const name = tenant ?? ALL_TENANTS
    const quotas: QuotaChanges = { ...tenants[name], ...changes }
    const kept = Object.entries(quotas).filter(([, limit]) => limit !== undefined)
    delete tenants[name]
    if (kept.length > 0) tenants[name] = Object.fromEntries(kept)
    return tenants[name] ?? {}
  })
}

type QuotaChanges = { [Quota in keyof Quotas]: Quotas[Quota] | undefined }

function mustFit(text: string, pattern: string, what: string): void {
  if (!new RegExp(pattern).test(text)) throw new KeyFileError(`"${text}" is not ${what}`)
}
