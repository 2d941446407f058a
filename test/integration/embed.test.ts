/** Queue and workers inside of a service: real Redis, real ffmpeg, the service's own connection. */
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { makeClip } from '../../fixtures/media/recipes.js'
import {
  AttemptRefused,
  type CreateWorkerOptions,
  createQueue,
  createWorker,
  type EmbeddedQueue,
  type Worker,
} from '../../src/embed/index.js'
import { FfleetApiError } from '../../src/index.js'
import { createLog } from '../../src/log/index.js'
import { long, some } from '../helpers/long.js'
import { startRedis, type TestRedis } from '../helpers/redis.js'

const log = createLog({ logLevel: 'silent' })
const job = {
  input: 'in.mp4',
  outputs: [{ preset: 'aac-128k', name: 'main', path: 'out.m4a', onExists: 'replace' as const }],
}

let server: TestRedis
let connection: Redis
let folder: string
let queue: EmbeddedQueue
let workers: Worker[] = []

const folders = () => ({
  dataDir: join(folder, 'data'),
  mediaRoot: join(folder, 'media'),
  outputRoot: join(folder, 'out'),
})

async function aWorker(options: Partial<CreateWorkerOptions> = {}): Promise<Worker> {
  const worker = await createWorker({ redis: { connection }, ...folders(), slots: 1, backoffMs: 50, log, ...options })
  workers.push(worker)
  return worker
}

beforeAll(async () => {
  server = await startRedis()
  // As a service may have made it: for its own purposes, with a limit that blocking commands would not survive.
  connection = new Redis(server.url.replace('unix://', ''), { commandTimeout: 300, maxRetriesPerRequest: 1 })
  folder = await mkdtemp(join(tmpdir(), 'ffleet-embed-'))
  await mkdir(folders().mediaRoot)
  await copyFile(await makeClip('h264-aac'), join(folders().mediaRoot, 'in.mp4'))
  queue = await createQueue({ redis: { connection }, ...folders(), backoffMs: 50, log })
})
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.drain(null)))
  workers = []
})
afterAll(async () => {
  await queue?.close()
  connection?.disconnect()
  await server?.stop()
  await rm(folder, { recursive: true, force: true })
})

test('a job is sent, followed, done and fetched without a server', async () => {
  await aWorker()
  const { id } = await queue.submit(job)
  const types: string[] = []
  for await (const event of queue.events(id)) types.push(event.type)
  expect(types).toEqual(expect.arrayContaining(['job.queued', 'attempt.started', 'progress', 'output.ready']))
  expect(types.at(-1)).toBe('job.completed')
  const bytes = Buffer.from(await (await queue.output(id, 'main')).arrayBuffer())
  expect(bytes.equals(await readFile(join(folders().outputRoot, 'out.m4a')))).toBe(true)
  expect(await queue.report(id)).toMatchObject({ jobId: id, state: 'completed' })
  expect(connection.status).toBe('ready')
})

long('two workers of one process share the work', async () => {
  await Promise.all([aWorker(), aWorker()])
  const jobs = await Promise.all(
    [1, 2, 3, 4].map((n) => queue.submit({ ...job, outputs: [{ preset: 'aac-128k', path: `shared-${n}.m4a` }] })),
  )
  const ended = await Promise.all(jobs.map(({ id }) => queue.wait(id)))
  expect(ended.map(({ state }) => state)).toEqual(['completed', 'completed', 'completed', 'completed'])
  expect((await queue.workers()).map(({ id }) => id).sort()).toEqual(workers.map(({ id }) => id).sort())
})

test('what is wrong with a request is said as the API says it', async () => {
  const refused = await queue.submit({ ...job, input: '../secret.mp4' }).catch((error) => error)
  expect(refused).toBeInstanceOf(FfleetApiError)
  expect(refused).toMatchObject({ code: 'PATH_OUTSIDE_ROOT', status: 422, errors: [{ pointer: '/input' }] })
})

test('who stops following is gone, for the queue too', async () => {
  const { id } = await queue.submit({ ...job, outputs: [{ preset: 'aac-128k', path: 'left.m4a' }] })
  for await (const event of queue.events(id)) {
    expect(event.type).toBe('job.queued')
    break
  }
  await queue.cancel(id)
  expect(await queue.wait(id)).toMatchObject({ state: 'cancelled' })
  // One that still held the stream would hold up the closing of a queue of its own.
  const other = await createQueue({ redis: { connection }, ...folders(), log })
  for await (const event of other.events(id)) {
    expect(event.type).toBe('job.queued')
    break
  }
  await other.close()
})

describe('hooks', () => {
  test('are told of the attempt, each pass, and what was published', async () => {
    const told: unknown[][] = []
    await aWorker({
      hooks: {
        async beforeAttempt(attempt) {
          told.push(['before', attempt.jobId, attempt.attempt, attempt.input.uri, attempt.tags, attempt.outputs])
        },
        afterPass(attempt, pass) {
          told.push(['pass', attempt.jobId, pass.label, pass.args.includes('aac'), pass.wallMs > 0])
        },
        async afterPublication(attempt, [output]) {
          const { state } = await queue.get(attempt.jobId)
          told.push(['published', output!.name, (await readFile(output!.file)).length === output!.bytes, state])
        },
      },
    })
    const { id } = await queue.submit({ ...job, tags: { customer: '42' } })
    expect(await queue.wait(id)).toMatchObject({ state: 'completed' })
    expect(told).toEqual([
      ['before', id, 1, 'in.mp4', { customer: '42' }, [{ name: 'main', preset: 'aac-128k', path: 'out.m4a' }]],
      ['pass', id, 'encode', true, true],
      ['published', 'main', true, 'active'],
    ])
  })

  test('bring the input where it is to be read', async () => {
    const late = join(folders().mediaRoot, 'late.mp4')
    await writeFile(late, 'not here yet')
    await aWorker({ hooks: { beforeAttempt: async () => copyFile(join(folders().mediaRoot, 'in.mp4'), late) } })
    const { id } = await queue.submit({ ...job, input: 'late.mp4' })
    expect(await queue.wait(id)).toMatchObject({ state: 'completed' })
  })

  test.each(some(['beforeAttempt', 'afterPass', 'afterPublication'] as const, 3))(
    'that throw fail the attempt, never the worker: %s',
    async (name) => {
      let calls = 0
      const worker = await aWorker({
        hooks: {
          [name]: () => {
            if (++calls === 1) throw new Error('the password is hunter2')
          },
        },
      })
      const { id } = await queue.submit(job)
      const events = []
      for await (const event of queue.events(id)) events.push(event)
      const failed = events.find(({ type }) => type === 'attempt.failed')
      expect(failed).toMatchObject({ attempt: 1, willRetry: true, error: { code: 'HOOK_FAILED' } })
      expect(JSON.stringify(failed)).toContain(name)
      expect(JSON.stringify(events)).not.toContain('hunter2')
      expect(await queue.get(id)).toMatchObject({ state: 'completed', attempt: 2 })
      expect(events.filter(({ type }) => type === 'output.ready')).toHaveLength(1)
      expect((await queue.workers()).map(({ id, state }) => ({ id, state }))).toContainEqual({
        id: worker.id,
        state: 'running',
      })
    },
  )

  test('that refuse end the job with their words', async () => {
    await aWorker({
      hooks: {
        beforeAttempt({ tags }) {
          if (!tags.licence) throw new AttemptRefused('No licence for this film.')
        },
      },
    })
    const { id } = await queue.submit(job)
    expect(await queue.wait(id)).toMatchObject({
      state: 'failed',
      attempt: 1,
      error: { code: 'REFUSED_BY_HOOK', detail: 'No licence for this film.', retryable: false },
    })
  })

  test('that never return hold up neither a cancel nor the worker', async () => {
    let begun = () => {}
    const hanging = new Promise<void>((resolve) => {
      begun = resolve
    })
    let aborted = false
    await aWorker({
      hooks: {
        beforeAttempt({ signal, tags }) {
          if (!tags.hang) return
          signal.addEventListener('abort', () => {
            aborted = true
          })
          begun()
          return new Promise(() => {})
        },
      },
    })
    const { id } = await queue.submit({ ...job, tags: { hang: 'yes' } })
    await hanging
    await queue.cancel(id)
    expect(await queue.wait(id)).toMatchObject({ state: 'cancelled' })
    expect(aborted).toBe(true)
    const next = await queue.submit(job)
    expect(await queue.wait(next.id)).toMatchObject({ state: 'completed' })
  })
})

describe('what cannot be used is named', () => {
  test('settings, by the names that they have here', async () => {
    const broken = createWorker({ redis: { connection }, ...folders(), slots: 0, sandbox: 'maybe' as 'none', log })
    await expect(broken).rejects.toMatchObject({
      name: 'ConfigError',
      faults: [
        expect.objectContaining({ key: 'slots', got: '0' }),
        expect.objectContaining({ key: 'sandbox', got: 'maybe' }),
      ],
    })
    const unknown = createQueue({ redis: { connection }, ...folders(), slot: 1, log } as Parameters<
      typeof createQueue
    >[0])
    await expect(unknown).rejects.toMatchObject({
      faults: [{ key: 'slot', got: '1', takes: expect.stringContaining('no such setting') }],
    })
  })

  test('folders that were not given', async () => {
    await expect(createQueue({ redis: { connection }, log })).rejects.toMatchObject({
      faults: ['dataDir', 'mediaRoot', 'outputRoot'].map((key) => expect.objectContaining({ key })),
    })
  })

  test('a connection that puts a prefix before each key', async () => {
    const prefixed = new Redis(server.url.replace('unix://', ''), { keyPrefix: 'shop:' })
    await expect(createQueue({ redis: { connection: prefixed }, ...folders(), log })).rejects.toThrow(/keyPrefix/)
    prefixed.disconnect()
  })
})
