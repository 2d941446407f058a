import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, isAbsolute, join, resolve } from 'node:path'

/** The path of a program: as given if it names a folder, else the first match in PATH; null when there is none to run. */
export function findExecutable(name: string, path = process.env.PATH ?? ''): string | null {
  const candidates =
    isAbsolute(name) || name.includes('/') ? [resolve(name)] : path.split(delimiter).map((folder) => join(folder, name))
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
