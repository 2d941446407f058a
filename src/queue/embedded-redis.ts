/**
 * A Redis of our own: a real `redis-server` (or `valkey-server`) child on a unix socket, with an append-only file in the
 * data folder. It ends with the process that started it, and is started again when it dies before.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isRunning, markOf } from '../process-mark.js'
import { findExecutable, findSetpriv } from '../programs.js'
import { socketUrl } from '../redis-url.js'
import { ask } from './embedded/ask.js'
import { type FolderLock, type Holder, isHere, lockFolder } from './embedded/folder-lock.js'
import { isBrokenFile, repair } from './embedded/repair.js'

export { FolderInUseError } from './embedded/folder-lock.js'

/** Path of `redis-server` or `valkey-server`, or null where PATH has neither. */
export function findRedisServer(): string | null {
  return findExecutable('redis-server') ?? findExecutable('valkey-server')
}

export type EmbeddedRedisOptions = {
  /** Created when missing. One stack at a time may use it. */
  folder: string
  /** Aborts the start; a server that stands is stopped with `stop`. */
  signal?: AbortSignal
  /** Told what an operator should know: a leftover server was stopped, a broken file mended, a dead server started again. */
  onNotice?: (text: string) => void
}

export type EmbeddedRedis = {
  /** `unix:///path/to.sock`; stays the same when the server is started again. */
  readonly url: string
  /** Of the server that runs now. */
  readonly pid: number
  /** Resolves with the reason when the server keeps dying and is not started again; never rejects. */
  readonly gone: Promise<Error>
  /** Writes everything down, ends the server and gives the folder back. Safe to call twice. */
  stop(): Promise<void>
}

/** `sun_path` holds 108 bytes with the closing zero; macOS has 104. */
const SOCKET_PATH_BYTES = 103
const STOP_TIMEOUT_MS = 20_000
/** A server that neither loads nor answers for this long will not. */
const SILENCE_MS = 30_000
const LOG_BYTES = 4 * 1024 * 1024
const RESTARTS_A_MINUTE = 5

/**
 * Starts the server and waits until it answers.
 *
 * @throws FolderInUseError when another stack uses the folder; Error when no server is installed or it does not start,
 * with the end of its log.
 */
export async function startEmbeddedRedis(options: EmbeddedRedisOptions): Promise<EmbeddedRedis> {
  const program = findRedisServer()
  if (!program) {
    throw new Error(
      'No redis-server or valkey-server is installed. Run `ffleet doctor --fix`, or set FFLEET_REDIS_URL to a Redis that runs.',
    )
  }
  const folder = resolve(options.folder)
  const notice = options.onNotice ?? (() => {})
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const socket = await chooseSocket(folder)
  const lock = await lockFolder(folder, socket).catch(async (error) => {
    if (dirname(socket) !== folder) await removeSocket(folder, socket)
    throw error
  })
  // Not undone on failure: as long as the leftover runs, the lock keeps everybody from starting another one.
  if (lock.former) await endLeftover(lock.former, folder, notice)
  const server = new Server({ program, folder, socket, lock, notice })
  try {
    await server.start(options.signal)
  } catch (error) {
    await server.stop()
    throw error
  }
  return server
}

/** Inside the folder where the path is short enough, else in a folder of its own under the system's temporary one. */
async function chooseSocket(folder: string): Promise<string> {
  const inside = join(folder, 'redis.sock')
  if (Buffer.byteLength(inside) <= SOCKET_PATH_BYTES) return inside
  const outside = join(await mkdtemp(join(tmpdir(), 'ffleet-')), 'redis.sock')
  if (Buffer.byteLength(outside) <= SOCKET_PATH_BYTES) return outside
  await rm(dirname(outside), { recursive: true, force: true })
  return join(await mkdtemp('/tmp/ffleet-'), 'redis.sock')
}

async function removeSocket(folder: string, socket: string): Promise<void> {
  await rm(dirname(socket) === folder ? socket : dirname(socket), { recursive: true, force: true })
}

/** Shuts down the server of a stack that was killed, and waits until it has written its files. */
async function endLeftover(former: Holder, folder: string, notice: (text: string) => void): Promise<void> {
  const { socket } = former
  const server = isHere(former) ? former.server : null
  const runs = async () => (server ? isRunning(server) : (await ask(socket, 'PING')) !== null)
  if (await runs()) notice(`stopping the Redis that process ${former.stack.pid} left behind`)
  for (const end = Date.now() + STOP_TIMEOUT_MS; await runs(); await sleep(50)) {
    await ask(socket, 'SHUTDOWN')
    if (Date.now() < end) continue
    if (!server) throw new Error(`A Redis left behind by process ${former.stack.pid} does not stop`)
    if (isRunning(server)) process.kill(server.pid, 'SIGKILL')
  }
  await removeSocket(folder, socket)
}

type ServerOptions = {
  program: string
  folder: string
  socket: string
  lock: FolderLock
  notice: (text: string) => void
}

/** Owns the server process from its start to its end. */
class Server implements EmbeddedRedis {
  readonly url: string
  readonly gone: Promise<Error>
  readonly #options: ServerOptions
  readonly #stopped = new AbortController()
  #giveUp: (reason: Error) => void = () => {}
  #child: ChildProcess | null = null
  #starting: Promise<void> | null = null
  #restarts: number[] = []
  #stopping: Promise<void> | null = null

  constructor(options: ServerOptions) {
    this.#options = options
    this.url = socketUrl(options.socket)
    this.gone = new Promise((resolve) => {
      this.#giveUp = resolve
    })
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  start(signal?: AbortSignal): Promise<void> {
    this.#starting = this.#start(signal)
    return this.#starting
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#end()
    return this.#stopping
  }

  async #start(signal?: AbortSignal): Promise<void> {
    const ended = AbortSignal.any([this.#stopped.signal, ...(signal ? [signal] : [])])
    const log = await this.#tryStart(ended)
    if (log === null) return
    const { program, folder, notice } = this.#options
    if (!isBrokenFile(log)) throw new Error(`The embedded Redis did not start: ${log}`)
    const copy = await repair(program, folder, new Date())
    notice(`the append-only file of the embedded Redis was broken at its end and was mended; a copy is in ${copy}`)
    const again = await this.#tryStart(ended)
    if (again !== null) throw new Error(`The embedded Redis did not start: ${again}`)
  }

  /** Null once the server answers; else the end of its log. */
  async #tryStart(signal: AbortSignal): Promise<string | null> {
    const { folder, socket, lock } = this.#options
    const logFile = join(folder, 'redis.log')
    const logStart = await rotate(logFile)
    signal.throwIfAborted()
    const child = this.#spawn(logFile)
    this.#child = child
    if (child.pid !== undefined) await lock.note(markOf(child.pid))
    for (let heardAt = Date.now(); isUp(child); await sleep(15, undefined, { signal })) {
      const reply = await ask(socket, 'PING')
      if (reply !== null) heardAt = Date.now()
      if (reply?.startsWith('+PONG')) {
        child.once('exit', () => void this.#startAgain())
        if (isUp(child)) return null
      }
      if (Date.now() - heardAt > SILENCE_MS) child.kill('SIGKILL')
    }
    const log = (await readFile(logFile)).subarray(logStart).toString('utf8').trim().split('\n')
    return log.slice(-8).join('\n')
  }

  #spawn(logFile: string): ChildProcess {
    const { program, folder, socket } = this.#options
    const setpriv = findSetpriv()
    const command = [...(setpriv ? [setpriv, '--pdeathsig', 'TERM'] : []), program, ...serverArguments(folder, socket)]
    const log = openSync(logFile, 'a', 0o600)
    const child = spawn(command[0]!, command.slice(1), {
      cwd: folder,
      stdio: ['ignore', log, log],
      // Its own process group: Ctrl-C on the terminal is for the stack, which still needs Redis while it drains.
      detached: true,
      // Redis refuses to start with a locale the system does not have.
      env: { PATH: process.env.PATH, LC_ALL: 'C' },
    })
    closeSync(log)
    child.on('error', () => {})
    return child
  }

  async #startAgain(): Promise<void> {
    const { notice } = this.#options
    const { signal } = this.#stopped
    while (!signal.aborted) {
      const now = Date.now()
      this.#restarts = [...this.#restarts.filter((at) => now - at < 60_000), now]
      if (this.#restarts.length > RESTARTS_A_MINUTE) {
        return this.#giveUp(new Error(`The embedded Redis died ${this.#restarts.length} times within a minute`))
      }
      notice('the embedded Redis died and is started again')
      try {
        if (this.#restarts.length > 1) await sleep(1_000, undefined, { signal })
        return await this.start()
      } catch (error) {
        if (!signal.aborted) notice((error as Error).message)
      }
    }
  }

  async #end(): Promise<void> {
    const { folder, socket, lock } = this.#options
    this.#stopped.abort()
    await this.#starting?.catch(() => {})
    const child = this.#child
    if (child && isUp(child)) {
      const exited = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      const kill = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
      await exited
      clearTimeout(kill)
    }
    await removeSocket(folder, socket)
    await lock.release()
  }
}

function isUp(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null
}

function serverArguments(folder: string, socket: string): string[] {
  const settings: Record<string, string> = {
    port: '0',
    unixsocket: socket,
    unixsocketperm: '600',
    dir: folder,
    daemonize: 'no',
    // Its log is its standard output, so that what it says before it has read its settings is there too.
    logfile: '',
    // Every change is in the append-only file within a second; snapshots would only double the writes.
    save: '',
    appendonly: 'yes',
    appendfsync: 'everysec',
    'aof-load-truncated': 'yes',
    // A queue must refuse rather than forget.
    'maxmemory-policy': 'noeviction',
  }
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])
}

/** Sets a log that has grown aside; gives the size of the one that is gone on with. */
async function rotate(logFile: string): Promise<number> {
  const bytes = await stat(logFile).then(
    (found) => found.size,
    () => 0,
  )
  if (bytes < LOG_BYTES) return bytes
  await rename(logFile, `${logFile}.1`)
  return 0
}
