/** A request as bytes on the wire, and what it is answered with. */
export type WireAttack = {
  name: string
  /** Head and body as they are sent, in one piece. */
  sent: string | Uint8Array
  /** The statuses of all answers that come on the connection. */
  answers: readonly number[]
  /** The refusal has no body. */
  bare?: boolean
}

export type WireAttacks = { kind: string; attacks: readonly WireAttack[] }
