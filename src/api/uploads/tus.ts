/** The tus protocol (https://tus.io/protocols/resumable-upload, 1.0.0), by @tus/server, on our records and our folder. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { type Configstore, FileStore } from '@tus/file-store'
import { ERRORS, Server, Upload } from '@tus/server'
import { ulid } from 'ulid'
import { CHECKSUM_MISMATCH, type Metadata, type TusServer, UPLOADS_PATH, type UploadOptions } from './options.js'

/** A refusal as the protocol's server takes it. */
type Refusal = { status_code: number; body: string }

const SHA256 = /^[0-9a-f]{64}$/i

export async function openTus({ queue, storage, maxBytes, keepMs }: UploadOptions): Promise<TusServer> {
  const { uploads } = storage
  const asking = new AsyncLocalStorage<{ tenant: string | null }>()
  await uploads.prepare()
  const records: Configstore = {
    async get(id) {
      const record = await queue.uploads.get(id)
      return record === null ? undefined : new Upload(record.file as ConstructorParameters<typeof Upload>[0])
    },
    async set(id, file) {
      const known = await queue.uploads.get(id)
      if (known) return queue.uploads.change(id, file)
      const tenant = asking.getStore()?.tenant ?? null
      await queue.uploads.begin({ id, tenant, createdMs: Date.now(), file })
    },
    async delete(id) {
      await queue.uploads.remove(id)
    },
  }
  const server = new Server({
    path: UPLOADS_PATH,
    datastore: new FileStore({
      directory: uploads.folder,
      configstore: records,
      expirationPeriodInMilliseconds: keepMs,
    }),
    maxSize: maxBytes,
    relativeLocation: true,
    namingFunction: () => ulid(),
    locker: {
      newLock: (id) => {
        let unlock = async () => {}
        return {
          async lock(signal, requestRelease) {
            unlock = await queue.uploads.lock(id, { signal, onAsked: () => void requestRelease() })
          },
          unlock: () => unlock(),
        }
      },
    },
    onResponseError(_request, error) {
      if (error !== ERRORS.ERR_MAX_SIZE_EXCEEDED) return
      return refusal(
        413,
        `The file is larger than ${maxBytes} bytes, the most that this server takes (FFLEET_MAX_INPUT_BYTES).`,
      )
    },
    async onUploadCreate(_request, upload) {
      const { sha256 } = (upload.metadata ?? {}) as Metadata
      if (sha256 != null && !SHA256.test(sha256)) {
        throw refusal(400, '`sha256` of Upload-Metadata is no SHA-256; it has 64 hexadecimal digits.')
      }
      if ((upload.size ?? 0) > (await uploads.freeBytes())) {
        throw refusal(507, 'The disk of the uploads has no room for a file of this size.')
      }
      return {}
    },
    async onUploadFinish(_request, upload) {
      await finish(upload)
      return {}
    },
  })

  async function finish({ id, metadata }: Upload): Promise<void> {
    const { sha256 } = (metadata ?? {}) as Metadata
    const hash = await uploads.seal(id, { hash: sha256 != null })
    if (hash !== null && hash !== sha256!.toLowerCase()) {
      await queue.uploads.remove(id)
      await uploads.remove(id)
      throw refusal(CHECKSUM_MISMATCH, 'What came is not what was sent: its SHA-256 is another. Send the file again.')
    }
    await queue.uploads.complete(id)
  }

  return {
    async finishLeft(id) {
      const file = await records.get(id)
      if (file?.size === undefined || (await uploads.bytes(id)) !== file.size) return
      await finish(file)
    },
    answer: (request, tenant) => asking.run({ tenant }, () => server.handleWeb(request)),
  }
}

function refusal(status_code: number, body: string): Refusal {
  return { status_code, body }
}
