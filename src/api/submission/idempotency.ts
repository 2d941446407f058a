import { createHash } from 'node:crypto'
import { FfleetError } from '../../contract/index.js'
import type { Idempotency } from '../../queue/index.js'

/** Without API keys all callers are one. */
const LOCAL = 'local'

/**
 * What makes a submission repeatable: the caller's key and a hash of what was asked, which does not depend on the order
 * of fields. Undefined without a key.
 *
 * @throws FfleetError INVALID_REQUEST for a key that is empty, too long, or holds other than printable ASCII characters.
 */
export function idempotencyOf(
  header: string | string[] | undefined,
  body: unknown,
  keyId?: string | null,
): Idempotency | undefined {
  if (header === undefined) return undefined
  const key = String(header)
  if (!/^[\x20-\x7e]{1,255}$/.test(key)) {
    const detail = 'The Idempotency-Key header must be 1 to 255 printable ASCII characters.'
    throw new FfleetError('INVALID_REQUEST', detail, { errors: [{ pointer: '/headers/idempotency-key', detail }] })
  }
  return { scope: keyId ?? LOCAL, key, bodyHash: createHash('sha256').update(canonical(body)).digest('base64url') }
}

/** JSON with the fields of every object in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}
