import type { ErrorCode } from '../contract/index.js'
import { type AllowedNetworks, isRefusedHost } from '../outbound/index.js'

/** What stands against the URL of a webhook as it is written; null: nothing. Where its name leads is seen when it is connected to. */
export function urlFault(text: string, networks: AllowedNetworks): { code: ErrorCode; detail: string } | null {
  const invalid = (detail: string) => ({ code: 'INVALID_REQUEST' as const, detail })
  // A URL parser drops these without a word.
  if (/[\p{Cc}\s]/u.test(text)) return invalid('`webhook.url` may hold no white space and no control characters.')
  if (!URL.canParse(text)) return invalid('`webhook.url` is no URL; it takes one such as https://example.com/hooks.')
  const url = new URL(text)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return invalid(`\`webhook.url\` begins with ${url.protocol}; it takes https:// or http://.`)
  }
  if (url.username !== '' || url.password !== '') {
    return invalid('`webhook.url` may hold no user name or password; deliveries are signed instead.')
  }
  if (isRefusedHost(url, networks)) {
    return {
      code: 'URL_NOT_PUBLIC',
      detail: `\`webhook.url\` leads to ${url.hostname}, which is not public; the operator can allow its network by FFLEET_WEBHOOK_NETWORKS.`,
    }
  }
  return null
}
