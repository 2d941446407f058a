import { FfleetError } from '../../contract/index.js'
import { type AllowList, isRefusedHost, networksFor } from '../../outbound/index.js'

/**
 * The URL, if it may be asked as it is written. Where its name leads is seen when it is connected to.
 *
 * @throws FfleetError INVALID_REQUEST, URL_NOT_PUBLIC.
 */
export function requireAllowed(uri: string, allow: AllowList): URL {
  // A URL parser drops these without a word.
  if (/[\p{Cc}\s]/u.test(uri)) throw invalid('An input URL may hold no white space and no control characters.')
  if (!/^https?:\/\/[^/\\]/i.test(uri) || !URL.canParse(uri)) {
    throw invalid('The input is no URL that can be fetched; it takes one such as https://example.com/film.mp4.')
  }
  const url = new URL(uri)
  if (url.username !== '' || url.password !== '') {
    throw invalid('An input URL may hold no user name and no password; use one that is signed in its query.')
  }
  if (isRefusedHost(url, networksFor(allow, endOf(url)))) throw notPublic(url)
  return url
}

/** Host and port of a URL, the port said where it is the default one. */
export function endOf({ hostname, port, protocol }: URL): { hostname: string; port: string } {
  return { hostname, port: port || (protocol === 'https:' ? '443' : '80') }
}

export function notPublic({ hostname }: URL, cause?: unknown): FfleetError {
  return new FfleetError(
    'URL_NOT_PUBLIC',
    `The input leads to ${hostname}, which is not public; the operator can allow it by FFLEET_FETCH_ALLOW.`,
    { cause },
  )
}

function invalid(detail: string): FfleetError {
  return new FfleetError('INVALID_REQUEST', detail)
}
