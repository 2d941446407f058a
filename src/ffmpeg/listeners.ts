import { inspect } from 'node:util'

/**
 * Calls other people's callbacks so that nothing they do can break a run: what one throws, or what the promise it returned
 * rejects with, is noted and has no other effect.
 */
export class Listeners {
  /** What the first callback that failed said. */
  firstError: string | null = null

  call<T>(listener: ((value: T) => unknown) | undefined, value: T): void {
    if (!listener) return
    try {
      const answer = listener(value)
      if (answer instanceof Promise) answer.catch((error: unknown) => this.#note(error))
    } catch (error) {
      this.#note(error)
    }
  }

  #note(error: unknown): void {
    this.firstError ??= error instanceof Error ? error.message : inspect(error)
  }
}
