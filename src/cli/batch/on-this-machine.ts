import { access, constants, realpath, stat } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { FfleetClient } from '../../client/index.js'
import { prepareConfig } from '../../config/prepare.js'
import { CommandError } from '../exit.js'
import { onInterruption } from '../interrupt.js'
import { uriOf } from '../request/inputs.js'
import { commonFolder } from '../run/local-files.js'
import { startPrivateStack } from '../run/private-stack.js'
import type { Original } from './originals.js'
import type { Place } from './place.js'

/**
 * A stack that is gone with the batch. Outputs are published where they go, on the file system of the originals unless a
 * folder is named for them.
 *
 * @throws CommandError when the originals, and outputs beside them, have no folder in common that may be written.
 */
export async function onThisMachine(
  originals: readonly Original[],
  outputFolder: string | null,
  signal: AbortSignal,
): Promise<Place> {
  const config = await prepareConfig('run')
  const mediaRoot = originals.map(({ path }) => dirname(path)).reduce(commonFolder)
  const outputRoot = outputFolder === null ? mediaRoot : await realpath(outputFolder)
  if (outputFolder === null) await requireOneFolder(mediaRoot, originals)
  const slots = Math.min(config.slots, originals.length)
  // What was started is put away in good order, however impatient somebody is; that takes seconds at most.
  const release = onInterruption(() => {})
  try {
    const runsFolder = join(config.dataDir, 'runs')
    const stack = await startPrivateStack({ config, runsFolder, mediaRoot, outputRoot, slots, signal })
    return {
      client: new FfleetClient({ baseUrl: stack.url }),
      gone: stack.gone,
      slots,
      // One more than runs, so that no slot waits for the next to be sent.
      atOnce: slots + 1,
      staysAlone: false,
      uriOf: ({ path }) => uriOf(relative(mediaRoot, path)),
      outputPathOf: (path) => relative(outputRoot, path),
      onSent: ({ id }) => stack.note(id),
      // It was published there.
      bring: async () => {},
      async close(options) {
        await stack.close(options)
        release()
      },
    }
  } catch (error) {
    release()
    signal.throwIfAborted()
    throw error
  }
}

async function requireOneFolder(folder: string, originals: readonly Original[]): Promise<void> {
  const wayOut = 'Give what lies in one folder, or on one disk, as a batch of its own, or name a folder with -o.'
  await access(folder, constants.W_OK).catch(() => {
    throw new CommandError(`The folder of all inputs, ${folder}, may not be written. ${wayOut}`, {
      code: 'OUTPUT_NOT_WRITABLE',
    })
  })
  const { dev } = await stat(folder)
  for (const beside of new Set(originals.map(({ path }) => dirname(path)))) {
    if ((await stat(beside)).dev === dev) continue
    throw new CommandError(`${beside} lies on another file system than ${folder}. ${wayOut}`, {
      code: 'OUTPUT_NOT_WRITABLE',
    })
  }
}
