/** The stack that one `ffleet run` starts for itself: its queue and everything passing by lie in a temporary folder. */
import { appendFileSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { loadConfig } from '../config.js'
import { createLog } from '../log.js'
import { CommandError } from './exit.js'
import { sweepLeftovers } from './local-files.js'
import { type Stack, startStack } from './stack.js'

const PREFIX = '.stack-'
const LOG_TAIL_LINES = 15

export type PrivateStack = {
  readonly url: string
  readonly gone: Promise<Error>
  /** Ends everything and removes the folder. */
  close(options: { drain: boolean }): Promise<void>
}

/**
 * Starts it. `runsFolder` holds the temporary folder; `outputRoot` is where outputs are published, and where what is
 * not finished stands in a folder `.ffleet` that goes with the stack.
 *
 * @throws CommandError with the end of the stack's log when it does not start.
 */
export async function startPrivateStack(options: {
  runsFolder: string
  mediaRoot: string
  outputRoot: string
  signal: AbortSignal
}): Promise<PrivateStack> {
  const { runsFolder, mediaRoot, outputRoot, signal } = options
  await mkdir(runsFolder, { recursive: true })
  await sweepLeftovers(runsFolder, PREFIX)
  const dataDir = await mkdtemp(join(runsFolder, `${PREFIX}${process.pid}-`))
  const logFile = join(dataDir, 'stack.log')
  const write = (chunk: string | Uint8Array) => appendFileSync(logFile, chunk)
  const settings = loadConfig()
  const config = { ...settings, dataDir, mediaRoot, outputRoot, redisUrl: null, host: '127.0.0.1', port: 0, slots: 1 }
  const log = createLog({ logLevel: config.logLevel, part: 'run', destination: { write } })
  const removeFolders = async () => {
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
    // Only when nothing else is at work there.
    await rmdir(join(outputRoot, '.ffleet')).catch(() => {})
  }
  let stack: Stack
  try {
    stack = await startStack({ config, workers: 1, log, stderr: { write }, signal })
  } catch (error) {
    const tail = await tailOf(logFile)
    await removeFolders()
    if (signal.aborted) throw error
    throw new CommandError([(error as Error).message, ...tail].join('\n'), { cause: error })
  }
  return {
    url: stack.url,
    gone: stack.gone,
    async close({ drain }) {
      await stack.stop({ drain })
      await removeFolders()
    },
  }
}

async function tailOf(logFile: string): Promise<string[]> {
  const log = await readFile(logFile, 'utf8').catch(() => '')
  return log.trimEnd().split('\n').slice(-LOG_TAIL_LINES)
}
