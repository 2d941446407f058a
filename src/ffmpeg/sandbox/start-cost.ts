import { spawnSync } from 'node:child_process'
import { closeSync } from 'node:fs'
import type { Enclosure } from '../enclosure.js'

/** Milliseconds that a program, which should do nothing, takes from its start to its end in an enclosure. Waits for it. */
export function startMs(enclosure: Enclosure, path: string): number {
  const [program, ...args] = enclosure.enclose([path], {})
  const sinceMs = performance.now()
  const descriptors = enclosure.descriptors()
  try {
    spawnSync(program!, args, {
      env: enclosure.environment(),
      stdio: ['ignore', 'ignore', 'ignore', ...descriptors],
    })
  } finally {
    for (const descriptor of descriptors) closeSync(descriptor)
  }
  return performance.now() - sinceMs
}
