/** Names in running text, as links to where they are explained. */
import { ERROR_CODES } from '../../../src/contract/index.js'
import { code } from './markdown.js'

/** Codes in backticks become links to their rows. */
export function linkCodes(text: string, page = 'errors.md'): string {
  return text.replaceAll(/`([A-Z][A-Z_]+)`/g, (quoted, name: string) =>
    (ERROR_CODES as string[]).includes(name) ? `[${quoted}](${page}#${name.toLowerCase()})` : quoted,
  )
}

/** Names of settings, as links to their rows. */
export function linkSettings(text: string, page = ''): string {
  return text.replaceAll(/FFLEET_[A-Z0-9_]+/g, (key) => `[${code(key)}](${page}#${key.toLowerCase()})`)
}
