import { readFileSync } from 'node:fs'

/** The version in package.json, found from the source tree and from `dist` alike. */
export const VERSION: string = ['../package.json', '../../package.json']
  .map((path) => new URL(path, import.meta.url))
  .flatMap((url) => {
    try {
      return [(JSON.parse(readFileSync(url, 'utf8')) as { version: string }).version]
    } catch {
      return []
    }
  })[0]!
