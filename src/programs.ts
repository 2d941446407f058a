/** Finds programs on this machine. */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'

/** The path of a program: as given if it names a folder, else the first match in PATH; null when there is none to run. */
export function findExecutable(name: string, path = process.env.PATH ?? ''): string | null {
  const candidates = name.includes('/')
    ? [resolve(name)]
    : path
        .split(delimiter)
        .filter(Boolean)
        .map((folder) => join(folder, name))
  return candidates.find(isExecutable) ?? null
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/**
 * Path of a setpriv that knows `--pdeathsig` (BusyBox's does not), or null. What it starts gets a signal from the kernel
 * when the process that started it dies, however it dies; it replaces itself with that, so the pid stays.
 */
export function findSetpriv(): string | null {
  const setpriv = process.platform === 'linux' ? findExecutable('setpriv') : null
  if (setpriv === null) return null
  const tried = spawnSync(setpriv, ['--pdeathsig', 'TERM', setpriv, '--version'], { stdio: 'ignore', timeout: 5_000 })
  return tried.status === 0 ? setpriv : null
}
