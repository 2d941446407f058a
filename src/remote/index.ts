/** Inputs that lie elsewhere, by the schemes of their URIs. */
import { type RemoteSchemeName, remoteScheme } from '../contract/index.js'
import { openHttp } from './http/index.js'
import type { HttpOptions } from './http/options.js'
import type { RemoteStore } from './scheme.js'

export { type RemoteBody, type RemoteFacts, RemoteFault, type RemoteRange, type RemoteStore } from './scheme.js'

/** All schemes as one; `close` ends what is under way. */
export type Remote = RemoteStore & { close(): Promise<void> }

export function openRemote(options: HttpOptions): Remote {
  const http = openHttp(options)
  const stores: Record<RemoteSchemeName, RemoteStore> = { https: http, http }
  const storeOf = (uri: string) => stores[remoteScheme(uri)!]
  return {
    check: (uri) => storeOf(uri).check(uri),
    open: (uri, range, rest) => storeOf(uri).open(uri, range, rest),
    close: () => http.close(),
  }
}
