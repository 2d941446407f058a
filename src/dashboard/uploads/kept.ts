/** What this browser remembers of files that it sends, so that they go on after the page was closed: in its own database. */

/** One upload: the file that it is of, and the job that waits for it. */
export type KeptUpload = {
  id: string
  name: string
  bytes: number
  lastModified: number
  /** The job that was sent with it; null: none yet. */
  job: string | null
  /** By which the file is read again without being chosen anew; null where the browser gives none. */
  handle: FileSystemFileHandle | null
}

const NAME = 'ffleet'
const STORE = 'uploads'

/** One call of the store; null where the browser keeps nothing, as in some private windows: then uploads end with the page. */
async function ask<T>(mode: IDBTransactionMode, call: (store: IDBObjectStore) => IDBRequest<T>): Promise<T | null> {
  try {
    const database = await settled(opening())
    const answer = await settled(call(database.transaction(STORE, mode).objectStore(STORE)))
    database.close()
    return answer
  } catch {
    return null
  }
}

function opening(): IDBOpenDBRequest {
  const request = indexedDB.open(NAME, 1)
  request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'id' })
  return request
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

export async function keptUploads(): Promise<KeptUpload[]> {
  return (await ask<KeptUpload[]>('readonly', (store) => store.getAll())) ?? []
}

export async function keepUpload(upload: KeptUpload): Promise<void> {
  await ask('readwrite', (store) => store.put(upload))
}

export async function dropUpload(id: string): Promise<void> {
  await ask('readwrite', (store) => store.delete(id))
}

/** How long a tab that was just left may take to let go. */
const LETTING_GO_MS = 1_000

/** Whether the upload is this tab's to send, from now on until it is closed: another one may be sending it. */
export async function ownUpload(id: string): Promise<boolean> {
  // Browsers have locks only where the connection is safe; elsewhere the server's own lock is all there is.
  if (navigator.locks === undefined) return true
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(LETTING_GO_MS)
    const held = new Promise<never>(() => {})
    navigator.locks
      .request(`ffleet-upload-${id}`, { signal }, () => {
        resolve(true)
        return held
      })
      .catch(() => resolve(false))
  })
}
