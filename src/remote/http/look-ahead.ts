import { isAllowedAddress, literalAddress, networksFor, resolveBySystem } from '../../outbound/index.js'
import { endOf, notPublic } from './check-url.js'
import type { HttpOptions } from './options.js'

/** Looking a name up takes one of four threads that files are read with, too, and may take long. */
const AT_ONCE = 2
const LONGEST_MS = 2_000

/**
 * Refuses a name that leads to no public address, before a job is made. Says nothing of a name that is not known, or not in time: the
 * worker connects to no other address than one that it has looked at, whatever was said here.
 */
export function createLookAhead({ allow, resolve = resolveBySystem }: HttpOptions): (url: URL) => Promise<void> {
  let busy = 0
  return async (url) => {
    if (literalAddress(url) !== null || busy >= AT_ONCE) return
    busy++
    const looked = resolve(url.hostname)
      .catch(() => [])
      .finally(() => busy--)
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<[]>((done) => {
      timer = setTimeout(done, LONGEST_MS, [])
    })
    const found = await Promise.race([looked, late])
    clearTimeout(timer)
    const networks = networksFor(allow, endOf(url))
    if (found.length > 0 && !found.some(({ address }) => isAllowedAddress(address, networks))) throw notPublic(url)
  }
}
