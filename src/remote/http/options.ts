import type { AllowList, Resolve } from '../../outbound/index.js'

export type HttpOptions = {
  /** What may be reached though it is not public. */
  allow: AllowList
  /** How long a server may take to be connected to, to answer, and be silent between bytes. */
  timeoutMs: number
  /** Default: the resolver of the system. */
  resolve?: Resolve | undefined
}
