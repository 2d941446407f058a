/** Inputs that this worker did not find, until it is known whether they are gone, or whether it alone does not see them. */

/** What became of a job after an attempt: its input was found by another one, the job is over without that, or neither yet. */
export type Aftermath = 'found' | 'over' | null

/** More are not remembered: by then it is known, or nobody else is there to find them. */
const REMEMBERED = 100

export class MissedInputs {
  #attempts = new Map<string, number>()
  readonly #lookUp: (jobId: string, attempt: number) => Promise<Aftermath>

  constructor(lookUp: (jobId: string, attempt: number) => Promise<Aftermath>) {
    this.#lookUp = lookUp
  }

  add(jobId: string, attempt: number): void {
    if (this.#attempts.size < REMEMBERED) this.#attempts.set(jobId, attempt)
  }

  /** Jobs whose input somebody else has found since; each is given once. */
  async foundByOthers(): Promise<string[]> {
    const found: string[] = []
    for (const [jobId, attempt] of this.#attempts) {
      const aftermath = await this.#lookUp(jobId, attempt)
      if (aftermath !== null) this.#attempts.delete(jobId)
      if (aftermath === 'found') found.push(jobId)
    }
    return found
  }
}
