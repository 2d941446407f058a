import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { appendFile, mkdir, readdir, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { Redis } from 'ioredis'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { findSetpriv } from '../../../src/programs.js'
import { connect, connectionOptions } from '../../../src/queue/connection.js'
import {
  type EmbeddedRedis,
  type EmbeddedRedisOptions,
  FolderInUseError,
  findRedisServer,
  startEmbeddedRedis,
} from '../../../src/queue/embedded-redis.js'
import { aFolder } from '../../helpers/folder.js'
import { startRedis } from '../../helpers/redis.js'

const eventually = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 15_000, interval: 20 })

async function start(folder: string, options: Partial<EmbeddedRedisOptions> = {}): Promise<EmbeddedRedis> {
  const redis = await startEmbeddedRedis({ folder, ...options })
  onTestFinished(() => redis.stop())
  return redis
}

/** One command over a connection of its own, as any part of ffleet makes it. */
async function command<T>(url: string, run: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis({ ...connectionOptions(url, 'worker') })
  client.on('error', () => {})
  try {
    return await run(client)
  } finally {
    client.disconnect()
  }
}

function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return false
  }
}

/** As a stack leaves it that was killed. */
async function leaveLock(folder: string, text: string): Promise<void> {
  await mkdir(join(folder, 'stack.lock'), { recursive: true })
  await writeFile(join(folder, 'stack.lock', 'former'), text)
}

type Stack = { child: ChildProcess; url: string; pid: number; error?: string }

/** Another process with an embedded Redis; `path` is its PATH. */
async function aStack(folder: string, path = process.env.PATH): Promise<Stack> {
  const script = join(import.meta.dirname, '../../helpers/redis-stack.ts')
  const child = spawn(process.execPath, ['--import', 'tsx', script, folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, PATH: path },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  return { child, ...JSON.parse(line) }
}

async function kill({ child }: Stack): Promise<void> {
  child.kill('SIGKILL')
  await once(child, 'exit')
}

describe('start and stop', () => {
  test('it answers at its URL, and leaves nothing but its files', async () => {
    const folder = join(await aFolder(), 'redis')
    const redis = await start(folder)
    expect(redis.url).toBe(`unix://${folder}/redis.sock`)
    expect(await command(redis.url, (client) => client.ping())).toBe('PONG')
    const { pid } = redis
    await redis.stop()
    expect(isRunning(pid)).toBe(false)
    expect((await readdir(folder)).sort()).toEqual(['appendonlydir', 'redis.log'])
    await redis.stop()
  })

  test('it keeps everything, refuses instead of forgetting, and is open to no network', async () => {
    const { url } = await start(await aFolder())
    const settings = await command(url, (client) =>
      client.config('GET', 'appendonly', 'appendfsync', 'maxmemory-policy', 'save', 'port', 'aof-load-truncated'),
    )
    expect(Object.fromEntries(pairs(settings as string[]))).toEqual({
      appendonly: 'yes',
      appendfsync: 'everysec',
      'maxmemory-policy': 'noeviction',
      save: '',
      port: '0',
      'aof-load-truncated': 'yes',
    })
  })

  test('what was written is there after the next start', async () => {
    const folder = await aFolder()
    const first = await start(folder)
    await command(first.url, (client) => client.set('job', 'kept'))
    await first.stop()
    const second = await start(folder)
    expect(await command(second.url, (client) => client.get('job'))).toBe('kept')
  })

  test('a folder whose path is too long for a socket gets one elsewhere, which goes with it', async () => {
    const folder = join(await aFolder(), 'd'.repeat(60), 'e'.repeat(60))
    const redis = await start(folder)
    const socket = decodeURIComponent(new URL(redis.url).pathname)
    expect(Buffer.byteLength(socket)).toBeLessThan(104)
    expect(await command(redis.url, (client) => client.ping())).toBe('PONG')
    await redis.stop()
    expect(existsSync(dirname(socket))).toBe(false)
  })

  test('an aborted start leaves no server and no lock', async () => {
    const folder = await aFolder()
    const stopper = new AbortController()
    const starting = startEmbeddedRedis({ folder, signal: stopper.signal })
    stopper.abort()
    await expect(starting).rejects.toThrow(/abort/i)
    expect(await readdir(folder)).not.toContain('stack.lock')
    await start(folder)
  })

  test('Ctrl-C on the terminal does not reach the server: it has a process group of its own', async () => {
    const { pid } = await start(await aFolder())
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]!.split(' ')
    expect(Number(fields[2])).toBe(pid)
  })

  test('without a server on the PATH the error says what to do', async () => {
    const path = process.env.PATH
    process.env.PATH = await aFolder()
    try {
      await expect(startEmbeddedRedis({ folder: await aFolder() })).rejects.toThrow(/ffleet doctor --fix/)
    } finally {
      process.env.PATH = path
    }
  })

  test('a server that cannot start is told with its own words', async () => {
    const folder = await aFolder()
    await writeFile(join(folder, 'appendonlydir'), 'in the way')
    await expect(startEmbeddedRedis({ folder })).rejects.toThrow(/did not start: [\s\S]*appendonlydir/)
    expect(await readdir(folder)).not.toContain('stack.lock')
  })
})

describe('one stack a folder', () => {
  test('the second one is told the pid of the first, which goes on undisturbed', async () => {
    const folder = await aFolder()
    const stack = await aStack(folder)
    const refused = await startEmbeddedRedis({ folder }).catch((error) => error)
    expect(refused).toBeInstanceOf(FolderInUseError)
    expect(refused.message).toContain(`process ${stack.child.pid}`)
    expect(await command(stack.url, (client) => client.ping())).toBe('PONG')
  })

  test('of many that come at once, over the lock of a dead one, exactly one gets in', async () => {
    const folder = await aFolder()
    const dead = { pid: 2 ** 22 - 1, ticks: '1' }
    const lock = { stack: dead, host: hostname(), socket: join(folder, 'redis.sock'), server: dead }
    await leaveLock(folder, JSON.stringify(lock))
    const tries = await Promise.allSettled(Array.from({ length: 8 }, () => start(folder)))
    expect(tries.filter((entry) => entry.status === 'fulfilled')).toHaveLength(1)
    for (const entry of tries) {
      if (entry.status === 'rejected') expect(entry.reason).toBeInstanceOf(FolderInUseError)
    }
  })

  test('a pid that now belongs to another process does not hold the folder', async () => {
    const folder = await aFolder()
    const lock = {
      stack: { pid: process.pid, ticks: '1' },
      host: hostname(),
      socket: join(folder, 'redis.sock'),
      server: null,
    }
    await leaveLock(folder, JSON.stringify(lock))
    await start(folder)
  })

  test('a lock that names nobody is taken over', async () => {
    const folder = await aFolder()
    await leaveLock(folder, '')
    await start(folder)
  })

  test('a holder in another container is seen by its socket, and only by that', async () => {
    const folder = await aFolder()
    const other = await startRedis()
    onTestFinished(() => other.stop())
    const lock = { stack: { pid: 7, ticks: '1' }, host: 'other-container', socket: other.socket, server: null }
    await leaveLock(folder, JSON.stringify(lock))
    await expect(startEmbeddedRedis({ folder })).rejects.toThrow(/process 7 on host other-container/)
    await leaveLock(folder, JSON.stringify({ ...lock, socket: join(folder, 'none.sock') }))
    await start(folder)
  })
})

describe('a stack that was killed', () => {
  test.skipIf(!findSetpriv())('takes its server with it, cleanly', async () => {
    const folder = await aFolder()
    const stack = await aStack(folder)
    await command(stack.url, (client) => client.set('job', 'kept'))
    await kill(stack)
    await eventually(() => expect(isRunning(stack.pid)).toBe(false))
    const next = await start(folder)
    expect(await command(next.url, (client) => client.get('job'))).toBe('kept')
  })

  test('leaves a server behind where there is no setpriv; the next one shuts it down and goes on with its data', async () => {
    const programs = await aFolder()
    await symlink(findRedisServer()!, join(programs, 'redis-server'))
    const folder = await aFolder()
    const stack = await aStack(folder, programs)
    await command(stack.url, (client) => client.set('job', 'kept'))
    await kill(stack)
    expect(isRunning(stack.pid)).toBe(true)

    const notices: string[] = []
    const next = await start(folder, { onNotice: (text) => notices.push(text) })
    expect(isRunning(stack.pid)).toBe(false)
    expect(notices).toEqual([`stopping the Redis that process ${stack.child.pid} left behind`])
    expect(await command(next.url, (client) => client.get('job'))).toBe('kept')
  })
})

describe('a server that dies', () => {
  test('is started again at the same URL, with its data', async () => {
    const notices: string[] = []
    const redis = await start(await aFolder(), { onNotice: (text) => notices.push(text) })
    const { url, pid } = redis
    await command(url, (client) => client.set('job', 'kept'))
    process.kill(pid, 'SIGKILL')
    expect(await command(url, (client) => client.get('job'))).toBe('kept')
    expect(redis.url).toBe(url)
    expect(redis.pid).not.toBe(pid)
    expect(notices).toEqual(['the embedded Redis died and is started again'])
  })

  test('again and again is given up, and the stack is told', async () => {
    const redis = await start(await aFolder())
    let reason: Error | null = null
    void redis.gone.then((error) => {
      reason = error
    })
    let last = 0
    await eventually(() => {
      if (redis.pid !== last && isRunning(redis.pid)) process.kill((last = redis.pid), 'SIGKILL')
      expect(reason?.message).toMatch(/died 6 times within a minute/)
    })
    await redis.stop()
  })
})

describe('a broken append-only file', () => {
  async function aUsedFolder(): Promise<{ folder: string; file: string }> {
    const folder = await aFolder()
    const redis = await start(folder)
    await command(redis.url, (client) => client.set('first', 'kept'))
    await command(redis.url, (client) => client.set('second', 'x'.repeat(100)))
    await redis.stop()
    const name = (await readdir(join(folder, 'appendonlydir'))).find((entry) => entry.endsWith('.incr.aof'))
    return { folder, file: join(folder, 'appendonlydir', name!) }
  }

  test('that is cut short loses its last command alone', async () => {
    const { folder, file } = await aUsedFolder()
    await truncate(file, (await stat(file)).size - 20)
    const redis = await start(folder)
    expect(await command(redis.url, (client) => client.mget('first', 'second'))).toEqual(['kept', null])
  })

  test('that ends in garbage is mended, with a copy of what was there', async () => {
    const { folder, file } = await aUsedFolder()
    await appendFile(file, Buffer.alloc(512))
    const notices: string[] = []
    const redis = await start(folder, { onNotice: (text) => notices.push(text) })
    expect(await command(redis.url, (client) => client.mget('first', 'second'))).toEqual(['kept', 'x'.repeat(100)])
    expect(notices.join()).toMatch(/was mended; a copy is in appendonlydir\.broken-/)
    expect((await readdir(folder)).filter((name) => name.startsWith('appendonlydir.broken-'))).toHaveLength(1)
  })
})

describe('connect', () => {
  test('an API call fails, and does not wait, while Redis is away, and works again once it is back', async () => {
    const server = await startRedis({ persist: true })
    onTestFinished(() => server.stop())
    const client = await connect(server.url, 'api', () => {})
    onTestFinished(() => client.disconnect())
    expect(await client.ping()).toBe('PONG')
    server.signal('SIGKILL')
    await once(client, 'close')
    await expect(client.ping()).rejects.toThrow()
    await server.restart()
    await eventually(async () => expect(await client.ping()).toBe('PONG'))
  })

  test('a Redis that hangs is given up after the command time-out', async () => {
    const server = await startRedis()
    const client = await connect(server.url, 'api', () => {})
    onTestFinished(async () => {
      client.disconnect()
      server.signal('SIGCONT')
      await server.stop()
    })
    server.signal('SIGSTOP')
    await expect(client.ping()).rejects.toThrow(/timed out/)
  })

  test('a worker waits for a Redis that is not there yet; the API starts without it', async () => {
    const folder = await aFolder()
    await mkdir(folder, { recursive: true })
    const url = `unix://${folder}/redis.sock`
    const waiting = connect(url, 'worker', () => {})
    const api = await connect(url, 'api', () => {})
    onTestFinished(() => api.disconnect())
    await expect(api.ping()).rejects.toThrow()
    await start(folder)
    const worker = await waiting
    onTestFinished(() => worker.disconnect())
    expect(await worker.ping()).toBe('PONG')
  })

  test('a wrong password is said at once instead of tried for ever', async () => {
    const open = await startRedis()
    onTestFinished(() => open.stop())
    await open.cli('CONFIG', 'SET', 'requirepass', 'right')
    await expect(connect(open.url.replace('unix://', 'unix://:wrong@x'), 'worker', () => {})).rejects.toThrow(
      /WRONGPASS|invalid/,
    )
  })
})

function pairs(flat: string[]): [string, string][] {
  return flat.flatMap((name, i) => (i % 2 === 0 ? [[name, flat[i + 1]!] as [string, string]] : []))
}
