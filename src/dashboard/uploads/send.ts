/** Files of this browser on their way to the server, by the tus protocol. */
import type { Problem, Upload } from '../../contract/index.js'
import { isRefused, SERVER } from '../live/server.js'

const UPLOADS = `${SERVER}/v1/uploads`
const PROTOCOL = { 'tus-resumable': '1.0.0' }

/**
 * Why a file does not get there. `away`: another try may help; `signedOut`; `unreadable`: this browser cannot read it, because it was
 * moved or changed; `gone`: the server has removed what it had of it; `refused`: it does not want it, `message` says why.
 */
export class SendingFault extends Error {
  readonly kind: 'away' | 'signedOut' | 'unreadable' | 'gone' | 'refused'

  constructor(kind: SendingFault['kind'], message = '') {
    super(message)
    this.kind = kind
  }
}

// Loaded before it is needed: the server may be away by then.
const loadTus = () => import('tus-js-client')
export const prepareSending = () => void loadTus().catch(() => {})

/**
 * Tells the server of a file; gives the id of its upload, which a job may name at once.
 *
 * @throws SendingFault
 */
export async function beginUpload({ name, size }: File, signal: AbortSignal): Promise<string> {
  const filename = btoa(String.fromCodePoint(...new TextEncoder().encode(name)))
  const headers = { ...PROTOCOL, 'upload-length': String(size), 'upload-metadata': `filename ${filename}` }
  const response = await fetch(UPLOADS, { method: 'POST', headers, signal }).catch(() => null)
  if (!response?.ok) throw faultOf(response?.status ?? 0, (await response?.text()) ?? '')
  return response.headers.get('location')!.split('/').at(-1)!
}

/**
 * Sends what the server has not got yet, and is done when all of it is there.
 *
 * @throws SendingFault
 */
export async function sendRest(
  id: string,
  file: File,
  { signal, onSent }: { signal: AbortSignal; onSent(bytes: number): void },
): Promise<void> {
  const { Upload: TusUpload } = await loadTus().catch(() => {
    throw new SendingFault('away')
  })
  await new Promise<void>((resolve, reject) => {
    const upload = new TusUpload(file, {
      uploadUrl: `${UPLOADS}/${id}`,
      uploadSize: file.size,
      // When it is tried again is told on the page, and said there.
      retryDelays: null,
      storeFingerprintForResuming: false,
      onProgress: onSent,
      onSuccess: () => resolve(),
      onError(error) {
        const answer = 'originalResponse' in error ? error.originalResponse : null
        resolve(whyNotSent(file, answer?.getStatus() ?? 0, answer?.getBody() ?? ''))
      },
    })
    signal.addEventListener('abort', () => {
      void upload.abort()
      reject(signal.reason)
    })
    upload.start()
  })
}

/** Without an answer it is the connection, or the file. */
async function whyNotSent(file: File, status: number, body: string): Promise<never> {
  if (status !== 0) throw faultOf(status, body)
  try {
    await file.slice(0, 1).arrayBuffer()
  } catch {
    throw new SendingFault('unreadable')
  }
  throw new SendingFault('away')
}

/** Asked for too much at once, being written to by another, at another place than was thought: as good as away. */
const PASSING = new Set([0, 409, 423, 429])

function faultOf(status: number, body: string): SendingFault {
  if (status === 401) {
    isRefused.value = true
    return new SendingFault('signedOut')
  }
  if (PASSING.has(status) || (status >= 500 && status !== 507)) return new SendingFault('away')
  if (status === 404 || status === 410) return new SendingFault('gone')
  return new SendingFault('refused', problemText(body))
}

function problemText(body: string): string {
  try {
    return (JSON.parse(body) as Problem).detail
  } catch {
    return body
  }
}

/**
 * How far the server is with an upload.
 *
 * @throws SendingFault
 */
export async function readUpload(id: string): Promise<Upload> {
  const response = await fetch(`${UPLOADS}/${id}`).catch(() => null)
  if (response?.ok) return (await response.json()) as Upload
  throw faultOf(response?.status ?? 0, (await response?.text()) ?? '')
}

/** Null when it is gone from the server, or will expire there; else why it stays. */
export async function removeUpload(id: string): Promise<string | null> {
  const response = await fetch(`${UPLOADS}/${id}`, { method: 'DELETE', headers: PROTOCOL }).catch(() => null)
  return response?.status === 409 ? problemText(await response.text()) : null
}
