import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { FfleetClient } from '../../src/client/index.js'
import { namesOf } from '../../src/queue/connection.js'
import { type RedisOptions, startRedis, type TestRedis } from './redis.js'

/** What the processes run from: `dist`, or another build that `FFLEET_TEST_DIST` names. */
const MAIN = resolve(import.meta.dirname, '../..', process.env.FFLEET_TEST_DIST ?? 'dist', 'src/cli/main.js')

/** A part of the stack: a real process of its own. */
export type Part = {
  readonly pid: number
  readonly output: () => string
  signal(signal: NodeJS.Signals): void
  /** Resolves with how it ended. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
}

/** A fleet of real processes on a Redis and folders of its own; everything is gone after `stop`. */
export type Stack = {
  readonly redis: TestRedis
  readonly folder: string
  readonly mediaRoot: string
  readonly outputRoot: string
  readonly dataDir: string
  readonly client: FfleetClient
  readonly baseUrl: string
  api: Part
  workers: Part[]
  /** `command`: what it is started by, such as on another host. */
  startWorker(env?: Record<string, string>, command?: string[]): Promise<Part>
  startApi(env?: Record<string, string>): Promise<void>
  /** Starts a part that is not waited for, and not part of the stack. */
  startPart(command: 'api' | 'worker', env: Record<string, string>, options?: string[]): Part
  stop(): Promise<void>
}

export type StackOptions = {
  workers?: number
  /** For API and workers alike. */
  env?: Record<string, string>
  /** Where they reach Redis, when not directly. */
  redisUrl?: (redis: TestRedis) => string | Promise<string>
  redis?: RedisOptions
  mediaRoot?: string
  outputRoot?: string
}

export async function startStack(options: StackOptions = {}): Promise<Stack> {
  if (!existsSync(MAIN)) throw new Error('The stack runs from dist; build first.')
  const folder = await mkdtemp(join(tmpdir(), 'ffleet-stack-'))
  const redis = await startRedis(options.redis)
  const port = await freePort()
  const mediaRoot = options.mediaRoot ?? join(folder, 'media')
  const outputRoot = options.outputRoot ?? join(folder, 'outputs')
  const dataDir = join(folder, 'data')
  await Promise.all([mediaRoot, outputRoot, dataDir].map((path) => mkdir(path, { recursive: true })))
  const env = {
    ...process.env,
    FFLEET_REDIS_URL: (await options.redisUrl?.(redis)) ?? redis.url,
    FFLEET_PORT: String(port),
    FFLEET_DATA_DIR: dataDir,
    FFLEET_MEDIA_ROOT: mediaRoot,
    FFLEET_OUTPUT_ROOT: outputRoot,
    FFLEET_SLOTS: '1',
    FFLEET_LOG_LEVEL: 'warn',
    FFLEET_BACKOFF_MS: '100',
    ...options.env,
  }
  const baseUrl = `http://127.0.0.1:${port}`
  const stack: Stack = {
    redis,
    folder,
    mediaRoot,
    outputRoot,
    dataDir,
    client: new FfleetClient({ baseUrl }),
    baseUrl,
    api: undefined as unknown as Part,
    workers: [],
    async startWorker(extra = {}, command = []) {
      const part = startPart([MAIN, 'worker'], { ...env, ...extra }, command)
      stack.workers.push(part)
      await until(async () => (await workersOf(redis, env).catch((): number[] => [])).includes(part.pid), part)
      return part
    },
    async startApi(extra = {}) {
      stack.api = startPart([MAIN, 'api'], { ...env, ...extra })
      await until(async () => (await fetch(`${baseUrl}/readyz`).catch(() => null))?.ok === true, stack.api)
    },
    startPart: (command, extra, own = []) => startPart([MAIN, command, ...own], { ...env, ...extra }),
    async stop() {
      const parts = [stack.api, ...stack.workers]
      for (const part of parts) {
        part.signal('SIGCONT')
        part.signal('SIGKILL')
      }
      await Promise.all(parts.map((part) => part.ended))
      await redis.stop()
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
  await stack.startApi()
  for (let i = 0; i < (options.workers ?? 1); i++) await stack.startWorker()
  return stack
}

function standInVariables(env: NodeJS.ProcessEnv): string {
  return Object.keys(env)
    .filter((name) => name.startsWith('FFLEET_STAND_IN_') || name === 'FFLEET_REAL_FFMPEG')
    .join(',')
}

async function workersOf(redis: TestRedis, env: { FFLEET_REDIS_URL: string }): Promise<number[]> {
  const { keys } = namesOf(env.FFLEET_REDIS_URL)
  const ids = (await redis.cli('ZRANGE', keys.workers, 0, -1)) as string[]
  const beats = await Promise.all(ids.map((id) => redis.cli('GET', keys.worker(id))))
  return beats.flatMap((beat) => (beat === null ? [] : [(JSON.parse(beat as string) as { pid: number }).pid]))
}

function startPart(args: string[], settings: NodeJS.ProcessEnv, command: string[] = []): Part {
  const [program, ...rest] = [...command, process.execPath, ...args]
  // What stands in for ffmpeg has its settings in the sandbox, too.
  const env = { FFLEET_SANDBOX_VARIABLES: standInVariables(settings), ...settings }
  const child: ChildProcess = spawn(program!, rest, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  const keep = (chunk: Buffer) => {
    text = (text + chunk).slice(-200_000)
  }
  child.stdout!.on('data', keep)
  child.stderr!.on('data', keep)
  return {
    pid: child.pid!,
    output: () => text,
    signal: (signal) => void child.kill(signal),
    ended: new Promise((done) => child.once('exit', (code, signal) => done({ code, signal }))),
  }
}

/** Waits for a condition; fails at once, with its log, when the part it depends on has ended. */
async function until(condition: () => Promise<boolean>, part: Part): Promise<void> {
  let ended = false
  part.ended.then(() => {
    ended = true
  })
  for (let i = 0; i < 600; i++) {
    if (await condition()) return
    if (ended) throw new Error(`A part of the stack ended:\n${part.output()}`)
    await new Promise((done) => setTimeout(done, 50))
  }
  throw new Error(`A part of the stack did not get ready:\n${part.output()}`)
}

/** A TCP port nobody listens on just now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as { port: number }
  await new Promise((done) => server.close(done))
  return port
}
