import type { WireAttacks } from './attack.js'
import { BODIES } from './bodies.js'
import { LINES } from './lines.js'

/** All hostile requests that are one piece of bytes. */
export const REQUEST_ATTACKS: readonly WireAttacks[] = [BODIES, ...LINES]
