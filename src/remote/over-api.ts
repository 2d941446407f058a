/** Inputs that the API of the fleet has, by whatever URI has no scheme of its own here: paths of the media root, uploads, outputs of jobs. */
import { apiErrorOf } from '../client/api-error.js'
import { FfleetError } from '../contract/index.js'
import { connectStore, mayPass, type StoreApi, storeError } from '../store-api/index.js'
import { rangeOf } from './content-range.js'
import { type RemoteBody, type RemoteFacts, RemoteFault, type RemoteRange, type RemoteStore } from './scheme.js'

const WHOLE: RemoteRange = { from: 0, to: null }

/** `timeoutMs`: how long it may be silent. */
export function openApiInputs(api: StoreApi, timeoutMs: number): RemoteStore {
  const connection = connectStore(api)

  const open: RemoteStore['open'] = async (uri, range, { known, signal }) => {
    const { from, to } = range
    const isWhole = from === 0 && to === null
    const headers: Record<string, string> = { 'accept-encoding': 'identity' }
    if (!isWhole) headers.range = `bytes=${from}-${to === null ? '' : to - 1}`
    if (!isWhole && known !== null) headers['if-range'] = known
    const silence = openSilence(timeoutMs)
    const either = AbortSignal.any([signal, silence.signal])
    const response = await connection.input(uri, headers, either).catch((error) => {
      signal.throwIfAborted()
      throw fault(error)
    })
    if (response.ok) return bodyOf(response, signal, silence)
    silence.end()
    if (response.status === 416) {
      await response.body?.cancel()
      return open(uri, WHOLE, { known: null, signal })
    }
    const refusal = await apiErrorOf(response)
    if (mayPass(refusal)) throw new RemoteFault(UNAVAILABLE, { cause: refusal, waitMs: refusal.retryAfterMs })
    throw storeError(refusal)
  }
  return { check: async () => {}, open }
}

const UNAVAILABLE = 'the API that keeps the files of the fleet does not answer, or not now'
const fault = (cause: unknown) => (cause instanceof FfleetError ? cause : new RemoteFault(UNAVAILABLE, { cause }))

type Silence = { signal: AbortSignal; heard(): void; end(): void }

function openSilence(limitMs: number): Silence {
  const controller = new AbortController()
  const abort = () => controller.abort(new Error('nothing came'))
  let timer = setTimeout(abort, limitMs)
  return {
    signal: controller.signal,
    heard() {
      clearTimeout(timer)
      timer = setTimeout(abort, limitMs)
    },
    end: () => clearTimeout(timer),
  }
}

function bodyOf(response: Response, signal: AbortSignal, silence: Silence): RemoteBody {
  const { headers, body } = response
  const length = headers.get('content-length')
  const bytes = length === null ? null : Number(length)
  const range = rangeOf(headers.get('content-range')) ?? { from: 0, to: bytes, bytes }
  const etag = headers.get('etag')
  const facts: RemoteFacts = { bytes: range.bytes, validator: etag, etag, lastModified: headers.get('last-modified') }
  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of body ?? []) {
        silence.heard()
        yield chunk as Uint8Array
      }
    } catch (error) {
      signal.throwIfAborted()
      throw fault(error)
    } finally {
      silence.end()
    }
  }
  return {
    ...{ from: range.from, to: range.to, facts },
    chunks: chunks(),
    close() {
      silence.end()
      body?.cancel().catch(() => {})
    },
  }
}
