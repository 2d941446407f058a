import type { Connection } from './connection.js'

/** What one of the fleet does now and then for all: whoever claims it first, and nobody else until the time is over. */
export type Chores = {
  /** Whether it is this process's turn. One that dies over it leaves it until then. */
  claim(chore: string, everyMs: number): Promise<boolean>
}

export function createChores(redis: Connection): Chores {
  return {
    async claim(chore, everyMs) {
      return (await redis.set(redis.names.keys.chore(chore), process.pid, 'PX', everyMs, 'NX')) !== null
    },
  }
}
