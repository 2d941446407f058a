/**
 * The stack that one `ffleet run` starts for itself: what passes by lies in a temporary folder, and the queue too, or in a
 * namespace of its own on the Redis of FFLEET_REDIS_URL.
 */
import { createHash, randomBytes } from 'node:crypto'
import { appendFileSync } from 'node:fs'
import { appendFile, mkdir, mkdtemp, readFile, rm, rmdir } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Config } from '../../config/index.js'
import { createLog, formatLine } from '../../log/index.js'
import { checkRedis, redisRemedy } from '../../queue/check-redis.js'
import { clearNamespace } from '../../queue/namespace.js'
import { withNamespace } from '../../redis-url.js'
import { SCRATCH_FOLDER } from '../../storage/names.js'
import { CommandError } from '../exit.js'
import { type Stack, startStack } from '../stack/stack.js'
import { leftoversIn } from './local-files.js'

/** The home of a user may be shared by machines, and what runs on another one cannot be told by its pid. */
const PREFIX = `.stack-${createHash('sha256').update(hostname()).digest('hex').slice(0, 8)}-`
/** In the folder of the stack: what it leaves outside of it. A line of JSON, then the id of each job as it comes. */
const NOTE = 'leaves.txt'
type Note = { outputRoot: string; namespace: string }
const LOG_TAIL_LINES = 15

export type PrivateStack = {
  readonly url: string
  readonly gone: Promise<Error>
  /** Tells of a job that it runs, so that its unfinished outputs are put away whatever happens. */
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
  /** Jobs at a time. */
  slots: number
  signal: AbortSignal
}): Promise<PrivateStack> {
  const { runsFolder, mediaRoot, outputRoot, slots, signal } = options
  const fleetUrl = options.config.redisUrl
  if (fleetUrl !== null) await mustBeReached(fleetUrl)
  await mkdir(runsFolder, { recursive: true })
  for (const folder of await leftoversIn(runsFolder, PREFIX)) await removeTraces(folder, fleetUrl)
  const dataDir = await mkdtemp(join(runsFolder, `${PREFIX}${process.pid}-`))
  const logFile = join(dataDir, 'stack.log')
  const write = (chunk: string | Uint8Array) => appendFileSync(logFile, chunk)
  // A worker of the fleet that is on the same Redis would look for the input in its own media folder.
  const namespace = `run-${randomBytes(8).toString('hex')}`
  const redisUrl = fleetUrl === null ? null : withNamespace(fleetUrl, namespace)
  const own = {
    dataDir,
    spoolDir: join(dataDir, 'spool'),
    mediaRoot,
    outputRoot,
    redisUrl,
    host: '127.0.0.1',
    port: 0,
    slots,
  }
  // Its API is for this process alone, which asks it as anybody on this machine.
  const closed = { keysFile: null, tlsCert: null, tlsKey: null, corsOrigins: [], webhookConcurrency: 0 }
  const config = { ...options.config, ...own, ...closed }
  const log = createLog({ logLevel: config.logLevel, part: 'run', destination: { write } })
  const note = (line: string) => appendFile(join(dataDir, NOTE), `${line}\n`)
  await note(JSON.stringify({ outputRoot, namespace } satisfies Note))
  let stack: Stack
  try {
    // The folders are those of whoever runs it: no mark of ours stays in them. Nobody opens a page on it.
    const api = { ownRoots: false, pages: false }
    stack = await startStack({ config, workers: 1, log, stderr: { write }, api, signal })
  } catch (error) {
    const tail = await tailOf(logFile)
    await removeTraces(dataDir, fleetUrl)
    if (signal.aborted) throw error
    throw new CommandError([(error as Error).message, ...tail].join('\n'), { cause: error })
  }
  return {
    url: stack.url,
    gone: stack.gone,
    note,
    async close({ drain }) {
      await stack.stop({ drain })
      await removeTraces(dataDir, fleetUrl)
    },
  }
}

async function mustBeReached(redisUrl: string): Promise<void> {
  await checkRedis(redisUrl).catch((error: Error) => {
    const wayOut = `${redisRemedy(error, redisUrl) ?? 'Start it.'} Or leave FFLEET_REDIS_URL out: then a Redis is started for this run.`
    throw new CommandError(`The Redis of FFLEET_REDIS_URL cannot be reached: ${error.message}. ${wayOut}`)
  })
}

/** Removes the folder of a stack that is over, what its job had not finished, and its queue. */
async function removeTraces(dataDir: string, fleetUrl: string | null): Promise<void> {
  // A last line that was only half written tells of nothing that was there already.
  const [head, ...jobIds] = (await readFile(join(dataDir, NOTE), 'utf8').catch(() => '')).split('\n').slice(0, -1)
  if (head !== undefined) {
    const { outputRoot, namespace } = JSON.parse(head) as Note
    const { removeJobFolder } = await import('../../storage/attempt-folder.js')
    for (const jobId of jobIds) await removeJobFolder(outputRoot, jobId)
    // Only when nothing else is at work there.
    await rmdir(join(outputRoot, SCRATCH_FOLDER)).catch(() => {})
    // The run is over; what stays in a Redis that went away meanwhile must not make it fail.
    if (fleetUrl !== null) await clearNamespace(withNamespace(fleetUrl, namespace)).catch(() => {})
  }
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
}

async function tailOf(logFile: string): Promise<string[]> {
  const log = await readFile(logFile, 'utf8').catch(() => '')
  return log
    .trimEnd()
    .split('\n')
    .slice(-LOG_TAIL_LINES)
    .map((line) => formatLine(line).trimEnd())
}
