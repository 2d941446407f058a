/** What a command asks for that the fleet does not carry. The message names it, and the way out. */
export class NotCarriedError extends Error {
  override readonly name = 'NotCarriedError'
}
