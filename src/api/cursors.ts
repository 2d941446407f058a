/**
 * Where a list of jobs goes on. The queue goes on behind the id of the job that it looked at last, whoever's that is. Who must
 * not learn of that job gets the id sealed, behind the last id of their own: so cursors still sort as ids do.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import type { JobPage } from '../queue/index.js'
import { ID, isJobId } from './job-id.js'
import { invalidRequest } from './submission/validation.js'

export const CURSOR = `^${ID}(\\.[\\w-]{72})?$`
/** Newer than any job. */
const NEWEST = '7ZZZZZZZZZZZZZZZZZZZZZZZZZ'
const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** `secret` is shared by every API process of a fleet. */
export class Cursors {
  readonly #secret: () => Promise<string>

  constructor(secret: () => Promise<string>) {
    this.#secret = secret
  }

  /** The page as its reader may see it. `former`: the cursor that it was asked with. */
  async sealed(page: JobPage, former: string | undefined): Promise<JobPage> {
    const { items, nextCursor } = page
    const shown = items.at(-1)?.id ?? former?.slice(0, NEWEST.length) ?? NEWEST
    if (nextCursor === null || nextCursor === shown) return page
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv(CIPHER, await this.#keyOfFleet(), nonce)
    const parts = [nonce, cipher.update(nextCursor), cipher.final(), cipher.getAuthTag()]
    return { items, nextCursor: `${shown}.${Buffer.concat(parts).toString('base64url')}` }
  }

  /** The id to go on behind. @throws FfleetError INVALID_REQUEST for what no page gave. */
  async opened(cursor: string): Promise<string> {
    const [shown = '', text] = cursor.split('.')
    if (text === undefined) return shown
    const bytes = Buffer.from(text, 'base64url')
    try {
      const decipher = createDecipheriv(CIPHER, await this.#keyOfFleet(), bytes.subarray(0, NONCE_BYTES))
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
      const id = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
      if (isJobId(id)) return id
    } catch (error) {
      if (!(error instanceof Error && /auth/i.test(error.message))) throw error
    }
    const detail = '`cursor` is none that a page of this list gave as `nextCursor`.'
    throw invalidRequest([{ pointer: '/query/cursor', detail }])
  }

  async #keyOfFleet(): Promise<Uint8Array> {
    return new Uint8Array(hkdfSync('sha256', await this.#secret(), '', 'cursor', 32))
  }
}
