/** Files at http:// and https:// URLs. */
import type { RemoteStore } from '../scheme.js'
import { openAgent } from './agent.js'
import { requireAllowed } from './check-url.js'
import { createLookAhead } from './look-ahead.js'
import { openRange } from './open-range.js'
import type { HttpOptions } from './options.js'

export function openHttp(options: HttpOptions): RemoteStore & { close(): Promise<void> } {
  const agent = openAgent(options)
  const lookAhead = createLookAhead(options)
  return {
    async check(uri) {
      await lookAhead(requireAllowed(uri, options.allow))
    },
    open: (uri, range, rest) => openRange(requireAllowed(uri, options.allow), range, { agent, ...options, ...rest }),
    close: () => agent.destroy(),
  }
}
