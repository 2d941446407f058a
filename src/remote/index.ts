/** Inputs that lie elsewhere, by the schemes of their URIs. */
import { type RemoteSchemeName, remoteScheme } from '../contract/index.js'
import type { AllowList } from '../outbound/index.js'
import { type S3Places, s3Settings } from '../s3/index.js'
import { openHttp } from './http/index.js'
import type { HttpOptions } from './http/options.js'
import type { AllowedBuckets } from './s3/check-object.js'
import { openS3Inputs, type S3InputOptions } from './s3/index.js'
import type { RemoteStore } from './scheme.js'

export { openApiInputs } from './over-api.js'
export { openS3Media } from './s3/index.js'
export { type RemoteBody, type RemoteFacts, RemoteFault, type RemoteRange, type RemoteStore } from './scheme.js'

/** All schemes as one; `close` ends what is under way. */
export type Remote = RemoteStore & { close(): Promise<void> }

/** The settings of ffleet that say what may be fetched, and how. */
export type RemoteSettings = { fetchAllow: AllowList; fetchTimeoutMs: number; s3Inputs: AllowedBuckets } & S3Places

export function remoteOptions({ fetchAllow, fetchTimeoutMs, s3Inputs, ...places }: RemoteSettings): RemoteOptions {
  return { allow: fetchAllow, timeoutMs: fetchTimeoutMs, s3: { allow: s3Inputs, settings: s3Settings(places) } }
}

export type RemoteOptions = HttpOptions & { s3?: S3InputOptions; others?: RemoteStore & { close?(): Promise<void> } }

/** `s3`: which objects may be inputs; default none. `others`: of what has no scheme; default none: that is not asked for. */
export function openRemote({ s3: options, others, ...rest }: RemoteOptions): Remote {
  const http = openHttp(rest)
  const s3 = openS3Inputs(options)
  const stores: Record<RemoteSchemeName, RemoteStore> = { https: http, http, s3 }
  const storeOf = (uri: string): RemoteStore => {
    const scheme = remoteScheme(uri)
    return scheme === null ? others! : stores[scheme]
  }
  return {
    check: (uri) => storeOf(uri).check(uri),
    open: (uri, range, rest) => storeOf(uri).open(uri, range, rest),
    close: async () => void (await Promise.all([http.close(), s3.close(), others?.close?.()])),
  }
}
