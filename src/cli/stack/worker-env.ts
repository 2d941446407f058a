import type { Config } from '../../config/index.js'
import { SETTINGS } from '../../config/settings.js'

/** The settings as environment variables, for a worker that is to have the same; it asks no server, and so needs no key. */
export function envOf(config: Config): Record<string, string> {
  const env: Record<string, string> = {}
  for (const [name, { key }] of Object.entries(SETTINGS)) {
    const value = config[name as keyof typeof SETTINGS]
    // A list becomes its items with commas between them, as it is read; an empty one counts as absent.
    if (value !== null && name !== 'apiKey') env[key] = String(value)
  }
  return env
}
