/** Copies of inputs that lie elsewhere, on this machine while they are used and as long as there is room. */
export type { Growing } from './growing.js'
export { openSpool, type Spool } from './spool.js'
