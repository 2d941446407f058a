import { basename, join } from 'node:path'
import { FfleetError } from '../../contract/index.js'
import { inParallel } from '../../in-parallel.js'
import type { StoreConnection } from '../../store-api/index.js'
import type { FileIdentity } from '../identity.js'
import { type Manifest, readManifest } from '../manifest.js'
import type { Destination, PendingOutputs, Prepared } from '../output-store.js'
import type { WorkerStorage } from '../worker-storage.js'

/** Files of one folder that are sent at a time. */
const AT_ONCE = 4

type OutputsOverApi = WorkerStorage['outputs'] & {
  /** Has the API remove what it was sent of an attempt. */
  removeSent(jobId: string, attempt: number): Promise<void>
}

/** Each output has one name in the folder of its attempt, and so it has at the API. */
export function openOutputsOverApi(connection: StoreConnection, url: string): OutputsOverApi {
  const sent = new Set<string>()
  async function send(manifest: Manifest, stagedPath: string, destination: Destination, signal?: AbortSignal) {
    const { jobId, attempt } = destination
    const staged = basename(stagedPath)
    sent.add(`${jobId}/${attempt}`)
    const files = manifest.kind === 'file' ? [{ path: '', bytes: manifest.bytes }] : manifest.files
    await inParallel(files, AT_ONCE, signal, async ({ path, bytes }, stop) => {
      const of = { jobId, attempt, kind: 'staged' as const, path: path === '' ? staged : `${staged}/${path}` }
      await connection.send(of, join(stagedPath, path), bytes, { signal: stop })
    })
    return connection.call<'prepare', Prepared>('prepare', { staged, destination }, { signal })
  }

  const measure: OutputsOverApi['measure'] = (stagedPath, { signal } = {}) =>
    readManifest(stagedPath, { sync: false, signal })

  const discard: OutputsOverApi['discard'] = async (prepared, stagedPath, destination) => {
    await connection.call('discard', { staged: basename(stagedPath), destination, prepared })
  }

  return {
    check: (path, options) => connection.call<'check', void>('check', { path, ...options }),
    measure,
    async prepare(stagedPath, destination, { signal, measured } = {}) {
      const manifest = measured ?? (await measure(stagedPath, { signal }))
      for (let tries = 1; ; tries++) {
        const prepared = await send(manifest, stagedPath, destination, signal)
        if (prepared.sha256 === manifest.sha256) return prepared
        // Two connections of one file may have crossed, where one was given up that still had bytes on the way.
        await discard(prepared, stagedPath, destination)
        if (tries === 2) {
          throw new FfleetError('STORE_UNAVAILABLE', 'What the API has of an output is not what it was sent.')
        }
      }
    },
    place(prepared, stagedPath, destination, { keepExisting = false, signal } = {}) {
      const staged = basename(stagedPath)
      return connection.call<'place', FileIdentity>(
        'place',
        { staged, destination, prepared, keepExisting },
        { signal },
      )
    },
    discard,
    async sweep(jobId, attempt) {
      await connection.call('sweep', { jobId, attempt: Number.isFinite(attempt) ? attempt : null })
    },
    pending: () => connection.call<'pending', PendingOutputs[]>('pending', {}),
    showsUnfinished: false,
    async sweepUnknown() {
      await connection.call('sweepUnknown', {})
    },
    address: ({ href }) => url + (href ?? ''),
    async removeSent(jobId, attempt) {
      if (!sent.delete(`${jobId}/${attempt}`)) return
      await connection.call('remove', { jobId, attempt })
    },
  }
}
