/** Parts of films where the API has them, by which hosts find them that see nothing of one another. */
import { randomUUID } from 'node:crypto'
import { FfleetError } from '../../contract/index.js'
import type { StoreConnection } from '../../store-api/index.js'
import { readManifest } from '../manifest.js'
import type { PartShelf } from '../parts.js'

/** How long the API may be away for what can be made anew. */
const PATIENCE_MS = 20_000
const STAGED = 'part.mp4'

export function partsAtApi(connection: StoreConnection): PartShelf {
  return {
    async fetch(name, path, signal) {
      const patience = { signal, patienceMs: PATIENCE_MS }
      const { sha256 } = await connection.call<'findPart', { sha256: string | null }>('findPart', { name }, patience)
      if (sha256 === null) return false
      await connection.receivePart(name, path, patience)
      return (await readManifest(path, { sync: false, signal })).sha256 === sha256
    },
    async send(name, path, signal) {
      const { bytes, sha256 } = await readManifest(path, { sync: false, signal })
      const { sha256: there } = await connection.call<'findPart', { sha256: string | null }>(
        'findPart',
        { name },
        { signal },
      )
      if (there === sha256) return
      // Several may send it at once.
      const attempt = { jobId: `part-${randomUUID()}`, attempt: 1 }
      try {
        await connection.send({ ...attempt, kind: 'staged', path: STAGED }, path, bytes, { signal })
        const body = { name, sha256, staged: STAGED, ...attempt }
        const { isKept } = await connection.call<'keepPart', { isKept: boolean }>('keepPart', body, { signal })
        if (!isKept) throw new FfleetError('STORE_UNAVAILABLE', 'What the API has of a part is not what it was sent.')
      } finally {
        await connection.call('remove', attempt, { patienceMs: PATIENCE_MS }).catch(() => {})
      }
    },
    async sweep(limits) {
      await connection.call('sweepParts', limits)
    },
  }
}
