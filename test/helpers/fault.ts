import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { resolve } from 'node:path'

const HOOK = resolve(import.meta.dirname, 'fault-hook.mjs')

/** Where a worker is to be hit: see `fault-hook.mjs`. */
export type Fault = {
  env: Record<string, string>
  /** Whether the point was reached. */
  reached(): boolean
  /** Lets a worker that was made to wait there go on. */
  release(): Promise<void>
}

/** `marker`: a path of its own. */
export function faultAt(at: RegExp, act: 'kill' | 'stop' | 'hold' | (string & {}), marker: string): Fault {
  return {
    env: { NODE_OPTIONS: `--import ${HOOK}`, TEST_FAULT: JSON.stringify({ at: at.source, act, marker }) },
    reached: () => existsSync(marker),
    release: () => rm(marker),
  }
}
