/** Finds the programs the embedded Redis is made of. */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'

function findOnPath(name: string): string | null {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  for (const path of folders.map((folder) => join(folder, name))) {
    try {
      accessSync(path, constants.X_OK)
      if (statSync(path).isFile()) return path
    } catch {
      // Not here.
    }
  }
  return null
}

/** Path of `redis-server` or `valkey-server`, or null where PATH has neither. */
export function findRedisServer(): string | null {
  return findOnPath('redis-server') ?? findOnPath('valkey-server')
}

/**
 * Path of a setpriv that knows `--pdeathsig` (BusyBox's does not), or null. With it the server gets SIGTERM when the
 * process that started it dies, however it dies.
 */
export function findSetpriv(): string | null {
  const setpriv = findOnPath('setpriv')
  if (!setpriv) return null
  const tried = spawnSync(setpriv, ['--pdeathsig', 'TERM', setpriv, '--version'], { stdio: 'ignore' })
  return tried.status === 0 ? setpriv : null
}
