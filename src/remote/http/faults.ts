import { FfleetError } from '../../contract/index.js'
import { AddressRefusedError, codeOf, reasonFor } from '../../outbound/index.js'
import { RemoteFault } from '../scheme.js'
import { notPublic } from './check-url.js'

const REASONS: Record<string, string> = {
  UND_ERR_CONNECT_TIMEOUT: 'it cannot be reached in time',
  UND_ERR_HEADERS_TIMEOUT: 'it does not answer in time',
  UND_ERR_BODY_TIMEOUT: 'it sends nothing more',
  UND_ERR_SOCKET: 'the connection broke',
  UND_ERR_HEADERS_OVERFLOW: 'the head of its answer is too large',
}

/** What a request or the reading of its answer failed with. Only the host is named: the rest of a URL may be a secret. */
export function faultOf(url: URL, error: unknown): FfleetError | RemoteFault {
  if (error instanceof FfleetError || error instanceof RemoteFault) return error
  if (isRefusal(error)) return notPublic(url, error)
  const code = codeOf(error)
  const why = REASONS[code] ?? reasonFor(code) ?? (code === '' ? 'the request failed' : `the request failed (${code})`)
  return new RemoteFault(`${url.hostname} cannot be read: ${why}`, { cause: error })
}

function isRefusal(error: unknown): boolean {
  if (error instanceof AddressRefusedError) return true
  const { errors, cause } = error as AggregateError
  return errors?.some(isRefusal) ?? (cause !== undefined && isRefusal(cause))
}
