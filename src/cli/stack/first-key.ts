import { addFirstKey, KeyFileError } from '../../callers/index.js'
import { type Config, ConfigError } from '../../config/index.js'
import { SETTINGS } from '../../config/settings.js'
import { CommandError } from '../exit.js'
import { print, stdoutColumns, stdoutStyle } from '../print.js'
import { facts } from '../render/table.js'

/** The option of every command that starts an API. */
export const FIRST_KEY_OPTION = {
  'first-key': {
    type: 'boolean',
    description: 'Where FFLEET_KEYS_FILE names no file yet, make it, with a key of role admin, and print that once',
  },
} as const

/**
 * Shown before anything else can go wrong: it is never shown again.
 *
 * @throws CommandError where no setting says where; ConfigError where it cannot be written.
 */
export async function showFirstKey({ keysFile }: Config): Promise<void> {
  const { key: setting } = SETTINGS.keysFile
  if (keysFile === null) throw new CommandError(`--first-key needs ${setting}, the file that shall hold the keys.`)
  const key = await addFirstKey(keysFile).catch((error) => {
    if (!(error instanceof KeyFileError)) throw error
    throw new ConfigError([{ key: setting, got: keysFile, takes: `a file that ffleet may make: ${error.message}` }])
  })
  if (key !== null) print(facts([['first key', key]], stdoutStyle(), stdoutColumns()))
}
