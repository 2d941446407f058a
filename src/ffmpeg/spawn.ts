import { closeSync, openSync } from 'node:fs'
import { devNull } from 'node:os'

/** More than a process with two pipes takes, for others may open files meanwhile. */
const DESCRIPTORS = 16

/**
 * Spawns by calling execa, if there are file descriptors for it. Without them Node gives a child that has no pipes, and
 * leaks those it made; execa 9 fails on it, and the child's error, which nobody listens to, ends this process.
 *
 * @throws Error with code EMFILE or ENFILE.
 */
export function spawnSafely<T>(spawn: () => T): T {
  const opened: number[] = []
  try {
    while (opened.length < DESCRIPTORS) opened.push(openSync(devNull, 'r'))
  } finally {
    for (const descriptor of opened) closeSync(descriptor)
  }
  return spawn()
}
