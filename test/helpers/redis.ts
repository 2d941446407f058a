import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'

/** What is started as Redis: `redis-server`, or a Valkey that `FFLEET_TEST_REDIS` names. */
export const REDIS_SERVER = process.env.FFLEET_TEST_REDIS ?? 'redis-server'

/** A real redis-server of a test's own, on a unix socket in a folder of its own. */
export type TestRedis = {
  readonly url: string
  readonly socket: string
  readonly pid: number
  /** Sends a signal, such as SIGKILL or SIGSTOP. */
  signal(signal: NodeJS.Signals): void
  /** Starts it again on the same files, after it was killed. */
  restart(): Promise<void>
  cli(...args: (string | number)[]): Promise<unknown>
  stop(): Promise<void>
}

export type RedisOptions = {
  /** Keeps an append-only file that is synced on every write. */
  persist?: boolean
  args?: string[]
  /** Where its files lie; default a folder of its own. */
  dir?: string
}

/** Starts one, empty unless `dir` holds the files of another. */
export async function startRedis(options: RedisOptions = {}): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'ffleet-redis-'))
  const dir = options.dir ?? folder
  const socket = join(folder, 'redis.sock')
  let child: ChildProcess
  let ended: Promise<unknown>

  async function start(): Promise<void> {
    const persistence = options.persist ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no']
    child = spawn(
      REDIS_SERVER,
      ['--port', '0', '--unixsocket', socket, '--dir', dir, '--save', '', ...persistence, ...(options.args ?? [])],
      { stdio: 'ignore' },
    )
    ended = new Promise((resolve) => child.once('exit', resolve))
    for (;;) {
      if (child.exitCode !== null) throw new Error(`redis-server exited with ${child.exitCode}`)
      const answer = await cli('PING').catch(() => null)
      if (answer === 'PONG') return
      await new Promise((done) => setTimeout(done, 20))
    }
  }

  async function cli(...args: (string | number)[]): Promise<unknown> {
    const redis = new Redis({ path: socket, lazyConnect: true, retryStrategy: () => null, enableOfflineQueue: false })
    redis.on('error', () => {})
    try {
      await redis.connect()
      return await redis.call(String(args[0]), ...args.slice(1))
    } finally {
      redis.disconnect()
    }
  }

  await start()
  return {
    url: `unix://${socket}`,
    socket,
    get pid() {
      return child.pid!
    },
    signal: (signal) => void child.kill(signal),
    async restart() {
      await ended
      await rm(socket, { force: true })
      await start()
    },
    cli,
    async stop() {
      child.kill('SIGKILL')
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}
