/** The keys and the quotas of tenants at rest: one JSON file, its owner's alone, replaced as a whole. */
import { type FileHandle, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import { Quotas } from '../contract/quotas.js'
import { ROLES } from '../contract/roles.js'
import { Closed, Enum, Nullable, type Static, Timestamp, Type } from '../contract/schema.js'
import { TENANT_NAME } from '../contract/session.js'
import { Value } from '../contract/typebox.js'

const Hash = Type.String({ pattern: '^[0-9a-f]{64}$' })

export const KEY_NAME = '^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$'

const StoredKey = Closed({
  id: Type.String({ pattern: '^[0-9a-f]{12}$' }),
  name: Type.String({ pattern: KEY_NAME }),
  role: Enum(ROLES),
  tenant: Nullable(Type.String({ pattern: TENANT_NAME })),
  /** May send ffmpeg's arguments, where they are accepted at all. */
  arguments: Type.Optional(Type.Boolean()),
  hash: Hash,
  /** The key before the last rotation; valid until then. */
  former: Nullable(Closed({ hash: Hash, until: Timestamp })),
  createdAt: Timestamp,
  revokedAt: Nullable(Timestamp),
  /** The last change, and the user of this machine who made it. */
  changedAt: Timestamp,
  changedBy: Type.String(),
})
export type StoredKey = Static<typeof StoredKey>

/** What of its tenants' quotas stands for all that have none of their own. */
export const ALL_TENANTS = '*'

const KeyFile = Closed({
  keys: Type.Array(StoredKey),
  /** Quotas by tenant. */
  tenants: Type.Optional(
    Type.Record(Type.String({ pattern: `^\\*$|${TENANT_NAME}` }), Quotas, { additionalProperties: false }),
  ),
})
export type KeyFile = Required<Static<typeof KeyFile>>

/** The file with the keys cannot be used as it is. */
export class KeyFileError extends Error {
  override readonly name = 'KeyFileError'
}

/** @throws KeyFileError when it cannot be read or holds anything else. */
export async function readKeyFile(path: string): Promise<KeyFile> {
  let value: unknown
  try {
    value = JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new KeyFileError(`${path} ${code === undefined ? `is not JSON: ${message}` : `cannot be read (${code})`}`)
  }
  const [fault] = Value.Errors(KeyFile, value)
  if (fault) throw new KeyFileError(`${path} holds no keys of ffleet: ${fault.instancePath || '/'} ${fault.message}`)
  const { keys, tenants = {} } = value as Static<typeof KeyFile>
  if (new Set(keys.map(({ id }) => id)).size < keys.length) throw new KeyFileError(`${path} has an id twice`)
  return { keys, tenants }
}

/**
 * Changes the file; one that is not there yet begins empty. The new file is also the lock: two who change at
 * once never lose one of the changes, the second one is refused.
 *
 * @throws KeyFileError
 */
export async function changeKeyFile<T>(path: string, change: (content: KeyFile) => T): Promise<T> {
  const target = await realpath(path).catch(() => path)
  const fresh = `${target}.new`
  const file = await open(fresh, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    const reason = error.code === 'EEXIST' ? 'another change is under way; if none is, remove that file' : error.code
    throw new KeyFileError(`${fresh} cannot be written: ${reason}`)
  })
  try {
    const facts = await stat(target).catch(() => null)
    const content = facts === null ? { keys: [], tenants: {} } : await readKeyFile(target)
    const result = change(content)
    await file.writeFile(`${JSON.stringify(content, null, 2)}\n`)
    if (facts !== null) await leaveOwner(file, facts)
    await file.sync()
    await file.close()
    await rename(fresh, target)
    return result
  } catch (error) {
    await file.close().catch(() => {})
    await rm(fresh, { force: true })
    throw error
  }
}

/** Root may change the keys of a service, which must still be able to read them. */
async function leaveOwner(file: FileHandle, { uid, gid }: { uid: number; gid: number }): Promise<void> {
  const own = await file.stat()
  if (own.uid !== uid || own.gid !== gid) await file.chown(uid, gid)
}
