/** The stack that one `ffleet run` starts for itself: its queue and everything passing by lie in a temporary folder. */
import { appendFileSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../config.js'
import { createLog } from '../log.js'
import { SCRATCH_FOLDER } from '../storage/names.js'
import { CommandError } from './exit.js'
import { leftoversIn } from './local-files.js'
import { type Stack, startStack } from './stack.js'

const PREFIX = '.stack-'
/** In the folder of the stack: what it leaves outside of it. */
const NOTE = 'leaves.json'
const LOG_TAIL_LINES = 15

export type PrivateStack = {
  readonly url: string
  readonly gone: Promise<Error>
  /** Tells which job it runs, so that its unfinished outputs are put away whatever happens. */
  note(jobId: string): Promise<void>
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
  config: Config
  runsFolder: string
  mediaRoot: string
  outputRoot: string
  signal: AbortSignal
}): Promise<PrivateStack> {
  const { runsFolder, mediaRoot, outputRoot, signal } = options
  await mkdir(runsFolder, { recursive: true })
  for (const folder of await leftoversIn(runsFolder, PREFIX)) await removeFolders(folder)
  const dataDir = await mkdtemp(join(runsFolder, `${PREFIX}${process.pid}-`))
  const logFile = join(dataDir, 'stack.log')
  const write = (chunk: string | Uint8Array) => appendFileSync(logFile, chunk)
  const own = { dataDir, mediaRoot, outputRoot, redisUrl: null, host: '127.0.0.1', port: 0, slots: 1 }
  const config = { ...options.config, ...own }
  const log = createLog({ logLevel: config.logLevel, part: 'run', destination: { write } })
  const note = (jobId: string | null) => writeFile(join(dataDir, NOTE), JSON.stringify({ outputRoot, jobId }))
  await note(null)
  let stack: Stack
  try {
    stack = await startStack({ config, workers: 1, log, stderr: { write }, signal })
  } catch (error) {
    const tail = await tailOf(logFile)
    await removeFolders(dataDir)
    if (signal.aborted) throw error
    throw new CommandError([(error as Error).message, ...tail].join('\n'), { cause: error })
  }
  return {
    url: stack.url,
    gone: stack.gone,
    note,
    async close({ drain }) {
      await stack.stop({ drain })
      await removeFolders(dataDir)
    },
  }
}

/** The folder of a stack that is over, and what its job had not finished. */
async function removeFolders(dataDir: string): Promise<void> {
  const note = await readFile(join(dataDir, NOTE), 'utf8').catch(() => null)
  if (note !== null) {
    const { outputRoot, jobId } = JSON.parse(note) as { outputRoot: string; jobId: string | null }
    const { removeJobFolder } = await import('../storage/attempt-folder.js')
    if (jobId !== null) await removeJobFolder(outputRoot, jobId)
    // Only when nothing else is at work there.
    await rmdir(join(outputRoot, SCRATCH_FOLDER)).catch(() => {})
  }
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
}

async function tailOf(logFile: string): Promise<string[]> {
  const log = await readFile(logFile, 'utf8').catch(() => '')
  return log.trimEnd().split('\n').slice(-LOG_TAIL_LINES)
}
