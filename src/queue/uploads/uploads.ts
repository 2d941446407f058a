/** Files that people send: whose they are, which are whole, which jobs read them, and who writes to one now. Their bytes are storage's. */
import { guarded } from '../availability.js'
import { release, type SettleDeps } from '../settle.js'
import { UPLOAD } from './scripts.js'

export type UploadRecord = {
  id: string
  tenant: string | null
  createdMs: number
  /** When its last byte had come; null before. */
  completedMs: number | null
  /** What the protocol knows of it, as it was given. */
  file: unknown
}

export type Uploads = {
  begin(record: Pick<UploadRecord, 'id' | 'tenant' | 'createdMs' | 'file'>): Promise<void>
  /** Null: there is none of that id. */
  get(id: string): Promise<UploadRecord | null>
  change(id: string, file: unknown): Promise<void>
  /** It is whole: jobs that wait for it go on. */
  complete(id: string): Promise<void>
  /** It is forgotten; jobs that wait for it fail. `unlessUsed`: gives false, and nothing happens, while a job that reads it has not ended. */
  remove(id: string, options?: { unlessUsed: boolean }): Promise<boolean>
  /** How the jobs that read it ended; null of those that have not. */
  uses(id: string): Promise<(string | null)[]>
  /** All of them, the oldest first. */
  ids(): Promise<string[]>
  /** Makes it the caller's to write to; the caller unlocks it. @throws what the signal was aborted with. */
  lock(id: string, options: { signal: AbortSignal; onAsked: () => void }): Promise<() => Promise<void>>
}

/** Who died lets go after so long. */
const LOCK_MS = 10_000
const RENEW_EVERY_MS = 1_000
const TRY_EVERY_MS = 200

export function createUploads(deps: SettleDeps): Uploads {
  const { redis } = deps
  const { keys } = redis.names
  let locks = 0

  const tell = async (answer: string, id: string) => {
    if (answer === '1') await release(deps, UPLOAD + id)
  }
  return {
    begin: guarded(async ({ id, tenant, createdMs, file }) => {
      await redis.ffUploadBegin(id, createdMs, tenant ?? '', JSON.stringify(file))
    }),
    get: guarded(async (id: string) => {
      const { created, completed, tenant = null, file } = await redis.hgetall(keys.upload(id))
      if (created === undefined || file === undefined) return null
      const completedMs = completed === undefined ? null : Number(completed)
      return { id, tenant, createdMs: Number(created), completedMs, file: JSON.parse(file) }
    }),
    change: guarded(async (id: string, file: unknown) => {
      await redis.ffUploadChange(id, JSON.stringify(file))
    }),
    complete: guarded(async (id: string) => tell(await redis.ffUploadComplete(id, Date.now()), id)),
    remove: guarded(async (id: string, { unlessUsed } = { unlessUsed: false }) => {
      const answer = await redis.ffUploadRemove(id, unlessUsed ? '1' : '')
      if (answer === 'USED') return false
      await tell(answer, id)
      return true
    }),
    uses: guarded(async (id: string) => (await redis.ffUploadUses(id)).map((fate) => fate || null)),
    ids: guarded(() => redis.zrange(keys.uploads, 0, -1)),
    async lock(id, { signal, onAsked }) {
      const token = `${process.pid}-${Math.random().toString(36).slice(2)}-${++locks}`
      for (;;) {
        signal.throwIfAborted()
        if ((await redis.ffUploadLock(id, token, LOCK_MS)) === 1) break
        await new Promise((resolve) => setTimeout(resolve, TRY_EVERY_MS))
      }
      const timer = setInterval(async () => {
        const held = await redis.ffUploadHold(id, token, LOCK_MS).catch(() => null)
        if (held === 2 || held === 0) onAsked()
      }, RENEW_EVERY_MS)
      return async () => {
        clearInterval(timer)
        await redis.ffUploadUnlock(id, token).catch(() => {})
      }
    },
  }
}
