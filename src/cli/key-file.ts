import { CommandError } from './exit.js'

export type Keys = typeof import('../callers/index.js')

/** What a command does with the file that holds the keys and quotas. @throws CommandError where there is none, or it cannot be used. */
export async function withKeyFile(act: (keys: Keys, file: string) => Promise<void>): Promise<void> {
  const { loadConfig } = await import('../config/index.js')
  const { keysFile } = loadConfig()
  if (keysFile === null) throw new CommandError('Set FFLEET_KEYS_FILE to the file that holds the keys, or shall.')
  const keys = await import('../callers/index.js')
  try {
    await act(keys, keysFile)
  } catch (error) {
    throw error instanceof keys.KeyFileError ? new CommandError(sentence(error.message)) : error
  }
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}
