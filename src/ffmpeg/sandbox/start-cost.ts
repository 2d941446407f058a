import { spawnSync } from 'node:child_process'
import type { Enclosure } from '../enclosure.js'
import { spawnWithDescriptors } from '../spawn.js'

/** Milliseconds that a program, which should do nothing, takes from its start to its end in an enclosure. Waits for it. */
export function startMs(enclosure: Enclosure, path: string): number {
  const [program, ...args] = enclosure.enclose([path], {})
  const env = enclosure.environment()
  const sinceMs = performance.now()
  spawnWithDescriptors(enclosure, ([, , , ...given]) =>
    spawnSync(program!, args, { env, stdio: ['ignore', 'ignore', 'ignore', ...given] }),
  )
  return performance.now() - sinceMs
}
