import { closeSync, openSync } from 'node:fs'
import { devNull } from 'node:os'
import type { Enclosure } from './enclosure.js'

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

/** For execa: the standard streams of what is enclosed, and the descriptors that its enclosure is given. */
export type EnclosedStdio = ['ignore' | 'pipe', 'pipe', 'pipe', ...'inherit'[]]

/** Spawns by calling `spawn`, with what the enclosure is given as descriptors open meanwhile. */
export function spawnWithDescriptors<T>(
  enclosure: Enclosure,
  spawn: (stdio: EnclosedStdio) => T,
  stdin: EnclosedStdio[0] = 'ignore',
): T {
  const opened = enclosure.descriptors()
  try {
    // execa takes numbers there, but has no type for that.
    return spawn([stdin, 'pipe', 'pipe', ...(opened as unknown as 'inherit'[])])
  } finally {
    for (const descriptor of opened) closeSync(descriptor)
  }
}
