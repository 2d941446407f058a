import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { Job } from '../../src/contract/index.js'
import { findSandbox } from '../../src/ffmpeg/index.js'
import { keptEvents, program, startFleet, TINY } from '../helpers/fleet-stack.js'
import { processesWith } from '../helpers/processes.js'
import type { TestRedis } from '../helpers/redis.js'
import { freePort, type Part, type Stack } from '../helpers/stack.js'
import { waitFor } from '../helpers/wait-for.js'
import { promised } from './promises.js'

const TAKEN_OVER = program('taken-over.pl')
const MEMORY = 1024 ** 3
const limits = { maxMemoryBytes: MEMORY, maxCpuMs: 3_600_000, maxOutputBytes: MEMORY }
const { obstacle } = await findSandbox({ programs: [TAKEN_OVER], limits, variables: [], hidden: [] })
if (obstacle) console.warn(`A taken-over decoder is not tried in a sandbox here: ${obstacle.cause}`)

/** Everything that must not come out, each in a place of its own. */
const SECRETS = {
  'the keys of the API': 'canary-of-the-keys',
  "another job's input": 'canary-of-the-input',
  "another job's output": 'canary-of-the-output',
  'the folder of another attempt': 'canary-of-the-attempt',
  'the reports of other jobs': 'canary-of-the-reports',
}
const ACTS = ['main', 'symlink', 'fifo', 'device', 'sparse', 'litter', 'stay', 'honest']
const CLIPS = Object.fromEntries(ACTS.map((act) => [`in.${act}`, 'h264-aac' as const]))
const PASSWORD = 'canary-of-redis'

let stack: Stack
let redisPort: number
let outputRoot: string
let hits = 0
let settings: Record<string, string>
const closing: (() => void)[] = []

beforeAll(async () => {
  redisPort = await freePort()
  const login = async (redis: TestRedis) => {
    await redis.cli('ACL', 'SETUSER', 'fleet', 'on', `>${PASSWORD}`, '~*', '&*', '+@all')
    return `redis://fleet:${PASSWORD}@127.0.0.1:${redisPort}`
  }
  // Not below /tmp, where the sandbox has a folder in memory that it may write to.
  outputRoot = await mkdtemp('/var/tmp/ffleet-outputs-')
  stack = await startFleet(
    { redis: { args: ['--port', String(redisPort), '--bind', '127.0.0.1'] }, redisUrl: login, outputRoot },
    CLIPS,
  )
  const places = {
    'the keys of the API': join(stack.folder, 'keys.json'),
    "another job's input": join(stack.mediaRoot, 'other.mp4'),
    "another job's output": join(stack.outputRoot, 'other', 'main.mp4'),
    'the folder of another attempt': join(stack.outputRoot, '.ffleet', 'other', '1', 'main.mp4'),
    'the reports of other jobs': join(stack.dataDir, 'reports', 'other.json'),
  }
  for (const [what, path] of Object.entries(places)) {
    await mkdir(join(path, '..'), { recursive: true })
    await writeFile(path, SECRETS[what as keyof typeof SECRETS])
  }
  const abstract = `ffleet-${redisPort}`
  await abstractListener(abstract)
  const tcp = await listening((server) => server.listen(0, '127.0.0.1'))
  const udp = createSocket('udp4').bind(0, '127.0.0.1')
  await once(udp, 'listening')
  udp.on('message', () => (hits += 1))
  closing.push(() => udp.close())
  settings = {
    SECRETS: Object.entries(places)
      .map((place) => place.join('='))
      .join('\n'),
    MEDIA: stack.mediaRoot,
    OTHER: 'other.mp4',
    WRITE: places["another job's output"],
    REDIS_PORT: String(redisPort),
    REDIS_SOCKET: stack.redis.socket,
    ABSTRACT: abstract,
    TCP: String((tcp.address() as AddressInfo).port),
    UDP: String(udp.address().port),
    MEMORY: String(MEMORY),
  }
})
afterAll(async () => {
  for (const close of closing) close()
  await stack?.stop()
  await rm(outputRoot, { recursive: true, force: true })
})

const ABSTRACT_LISTENER =
  'socket my $s, PF_UNIX, SOCK_STREAM, 0; bind $s, pack_sockaddr_un("\\0$ARGV[0]") or die; listen $s, 9; ' +
  '$| = 1; print "ready\\n"; print "hit\\n" while accept my $c, $s'

/** Node has no sockets of that kind. */
async function abstractListener(name: string): Promise<void> {
  const child = spawn('perl', ['-MSocket', '-e', ABSTRACT_LISTENER, name], { stdio: ['ignore', 'pipe', 'inherit'] })
  closing.push(() => child.kill('SIGKILL'))
  const lines = createInterface(child.stdout)
  await once(lines, 'line')
  lines.on('line', () => {
    hits += 1
  })
}

async function listening(at: (server: Server) => Server): Promise<Server> {
  const guest = (socket: Socket) => {
    hits += 1
    socket.destroy()
  }
  const server = at(createServer(guest))
  await once(server, 'listening')
  closing.push(() => void server.close())
  return server
}

type Taken = Part & { left(): number[]; stop(): Promise<void> }

/** A worker whose ffmpeg is taken over. `stop` also ends what that left behind. */
async function aWorker(sandbox: string, ffprobe: string, maxOutputBytes = MEMORY): Promise<Taken> {
  const seconds = String(600 + Math.random())
  const own = { ...settings, SECONDS: seconds, MARK: `mark-${seconds}` }
  hits = 0
  const part = await stack.startWorker({
    FFLEET_SANDBOX: sandbox,
    FFLEET_FFMPEG: TAKEN_OVER,
    FFLEET_FFPROBE: ffprobe,
    FFLEET_MAX_MEMORY_BYTES: String(MEMORY),
    FFLEET_MAX_OUTPUT_BYTES: String(maxOutputBytes),
    ...Object.fromEntries(Object.entries(own).map(([name, value]) => [`FFLEET_STAND_IN_${name}`, value])),
  })
  const left = () => processesWith(seconds)
  return {
    ...part,
    left,
    async stop() {
      for (const pid of left()) process.kill(pid, 'SIGKILL')
      part.signal('SIGTERM')
      await part.ended
      stack.workers = []
    },
  }
}

/** The ending of the input, which is all that ffmpeg sees of its name, says what it is to do. */
const asked = (act: string) => ({ input: `in.${act}`, outputs: [TINY], maxAttempts: 1 })

async function ended(act: string, request: object = {}): Promise<Job> {
  const { id } = await stack.client.submit({ ...asked(act), ...request })
  return stack.client.wait(id, { timeoutMs: 50_000 })
}

/** What the log of a job tells: each thing that was tried, and what came of it. */
async function triesOf({ id }: Job): Promise<Map<string, string>> {
  const log = await (await fetch(`${stack.baseUrl}/v1/jobs/${id}/log`)).text()
  return new Map([...log.matchAll(/tried (.*): (\w[\w ]*)$/gm)].map(([, what, came]) => [what!, came!]))
}

/** All that anybody is told of a job. */
async function toldOf({ id }: Job, worker: Part): Promise<string> {
  const pages = ['', '/report', '/log'].map(async (page) =>
    (await fetch(`${stack.baseUrl}/v1/jobs/${id}${page}`)).text(),
  )
  const events = JSON.stringify(await keptEvents(stack, id))
  return [...(await Promise.all(pages)), events, worker.output(), stack.api.output()].join('\n')
}

const secretsIn = (text: string) => [...Object.values(SECRETS), PASSWORD].filter((secret) => text.includes(secret))

/** How what was tried stands in the guide. */
const inWords = (came: string | undefined) => (came === undefined ? 'not tried' : came === 'done' ? 'not' : 'contained')

describe.skipIf(obstacle !== null)('a decoder that was taken over, in the sandbox', () => {
  let worker: Taken
  beforeAll(async () => {
    worker = await aWorker('bwrap', TAKEN_OVER)
  })
  afterAll(() => worker?.stop())
  afterEach(async () => {
    // Whatever it did: nobody heard of it, nothing of it is left, and the same worker does the next job.
    expect(hits).toBe(0)
    await waitFor(() => expect(worker.left()).toEqual([]))
    expect(await stack.client.workers()).toMatchObject([{ state: 'running', pid: worker.pid, sandbox: 'bwrap' }])
    expect(await ended('honest')).toMatchObject({ state: 'completed' })
  })

  it('gets nowhere, and nothing of what it should not know comes out', async () => {
    const job = await ended('main')
    // Which of the two depends on what is made of a report of lies.
    expect(job.state).toBe('failed')
    expect(['OUTPUT_INVALID', 'NO_VIDEO_STREAM']).toContain(job.error?.code)
    const tries = [...(await triesOf(job))]
    const lines = tries.map(
      ([what, how]) => `${what.padEnd(42)} ${how === 'done' ? 'GOT THROUGH' : `contained (${how})`}`,
    )
    console.info(lines.join('\n'))
    const came = Object.fromEntries(tries.map(([what, how]) => [what, inWords(how)]))
    expect(came).toEqual(Object.fromEntries((await promised()).map(({ what, sandbox }) => [what, sandbox])))
    expect(secretsIn(await toldOf(job, worker))).toEqual([])
    expect(await readFile(settings.WRITE!, 'utf8')).toBe(SECRETS["another job's output"])
  })

  it('as ffprobe lies, and nobody believes it', async () => {
    await writeFile(join(stack.mediaRoot, 'strange.avi'), Buffer.from('RIFF\x24\0\0\0AVI LIST', 'latin1'))
    const job = await ended('main', { input: 'strange.avi' })
    expect(job.state).toBe('failed')
    expect(secretsIn(await toldOf(job, worker))).toEqual([])
  })

  it.each(['symlink', 'fifo', 'device', 'sparse'])(
    'a %s in the place of its output is never published',
    async (name) => {
      const job = await ended(name)
      expect(job).toMatchObject({ state: 'failed', error: { code: 'OUTPUT_INVALID' }, outputs: [{ sha256: null }] })
      expect(secretsIn(await toldOf(job, worker))).toEqual([])
      expect(await readdir(stack.outputRoot)).not.toContain(job.id)
    },
  )

  it('ends when its job is cancelled, though it floods and ignores every signal that can be ignored', async () => {
    const { id } = await stack.client.submit(asked('stay'))
    // The last that it does before it stays.
    await expect.poll(() => worker.left().length, { timeout: 40_000 }).toBe(20)
    await stack.client.cancel(id)
    expect(await stack.client.wait(id, { timeoutMs: 50_000 })).toMatchObject({ state: 'cancelled' })
  })
})

describe('a decoder that was taken over, and litters', () => {
  it('ends at the space that its outputs may take, and nothing of it stays', async () => {
    const worker = await aWorker('none', 'ffprobe', 4 * 1024 ** 2)
    onTestFinished(() => worker.stop())
    const job = await ended('litter')
    expect(job).toMatchObject({ state: 'failed', error: { code: 'ENCODER_FAILED' } })
    expect(job.error?.detail).toContain('takes more than the 4194304 bytes')
    await waitFor(() => expect(existsSync(join(stack.outputRoot, '.ffleet', job.id, '1'))).toBe(false))
  })
})

describe('a decoder that was taken over, without a sandbox', () => {
  let worker: Taken
  beforeAll(async () => {
    worker = await aWorker('none', 'ffprobe')
  })
  afterAll(() => worker?.stop())

  it('gets where the guide says', async () => {
    const job = await ended('main')
    expect(job.state).toBe('failed')
    const tries = await triesOf(job)
    const portable = (await promised()).filter(({ without }) => without !== 'up to the kernel')
    const came = portable.map(({ what }) => [what, inWords(tries.get(what))])
    expect(Object.fromEntries(came)).toEqual(Object.fromEntries(portable.map(({ what, without }) => [what, without])))
    // The canaries sing: where nothing holds it, all of them are told.
    expect(secretsIn(await toldOf(job, worker))).toEqual([...Object.values(SECRETS), PASSWORD])
    expect(hits).toBeGreaterThanOrEqual(3)
    await waitFor(() => expect(worker.left()).toHaveLength(20))
  })
})
