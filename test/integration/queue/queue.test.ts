import { QueueEvents } from 'bullmq'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { JobEvent } from '../../../src/contract/index.js'
import {
  type Attempt,
  createQueue,
  createWorkerQueue,
  type Queue,
  type Run,
  type RunOutcome,
  type Slot,
  type WorkerQueue,
} from '../../../src/queue/index.js'
import { aJob, aJobError, aSnapshot, aWorker } from '../../helpers/jobs.js'
import { startRedis, type TestRedis } from '../../helpers/redis.js'

let redis: TestRedis
let queue: Queue
let workers: WorkerQueue
const slots: Slot[] = []

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())
beforeEach(async () => {
  await redis.cli('FLUSHALL')
  queue = await createQueue({ redis: redis.url, backoffMs: 50 })
  workers = await createWorkerQueue({ redis: redis.url, backoffMs: 50 })
})
afterEach(async () => {
  await Promise.all(slots.splice(0).map((slot) => slot.abandon()))
  await workers.close()
  await queue.close()
})

type Script = (run: Run, attempt: Attempt) => Promise<RunOutcome>

/** A slot whose attempts follow a script; what `begin` refuses is answered as a worker does. */
function open(script: Script, options: { lockDurationMs?: number; poisonStarts?: number } = {}): Slot {
  const slot = workers.openSlot({
    name: 'test',
    lockDurationMs: options.lockDurationMs ?? 5_000,
    stalledCheckMs: 200,
    onError: () => {},
    async run(run) {
      const { answer, attempt } = await workers.begin({
        jobId: run.jobId,
        token: run.token,
        worker: aWorker(),
        poisonStarts: options.poisonStarts ?? 3,
      })
      if (attempt) return script(run, attempt)
      if (answer.kind === 'unknown') return { kind: 'failed', code: 'NOT_FOUND', retry: false }
      if (answer.kind === 'poisoned') return { kind: 'failed', code: 'POISONED', retry: false }
      return answer.kind === 'cancelled' ? { kind: 'cancelled' } : { kind: 'lost' }
    },
  })
  slots.push(slot)
  return slot
}

const settled = (id: string, state: string) =>
  expect.poll(async () => (await queue.jobs.get(id))?.state, { timeout: 20_000 }).toBe(state)
const events = async (id: string): Promise<JobEvent[]> =>
  (await queue.events.read(id))!.entries.map((entry) => entry.event)
const typesOf = async (id: string) => (await events(id)).map((event) => event.type)

describe('a job', () => {
  test('that fails once and then completes tells its whole story, once', async () => {
    const { id } = await queue.jobs.submit(aJob(), {})
    let told = 0
    open(async (run, attempt) => {
      await attempt.phase(++told, 'encoding')
      await attempt.progress(++told, aSnapshot({ attempt: attempt.number, percent: 50 }), false)
      if (attempt.number === 1) {
        const error = aJobError('STALLED')
        await attempt.fail(error, run.retryPossible)
        return { kind: 'failed', code: 'STALLED', retry: true }
      }
      expect(await attempt.commit(['g'], '{}', true)).toBe('committed')
      return { kind: 'completed' }
    })
    await settled(id, 'completed')
    expect(await typesOf(id)).toEqual([
      'job.queued',
      'attempt.started',
      'phase.changed',
      'progress',
      'attempt.failed',
      'attempt.started',
      'phase.changed',
      'progress',
      'progress',
      'job.completed',
    ])
    const job = await queue.jobs.get(id)
    expect(job).toMatchObject({ attempt: 2, progress: { percent: 100, seq: 3 }, worker: null, error: null })
    expect((await events(id)).at(-1)).toMatchObject({ job })
  })

  test('shows those who look at the queue itself what it shows everybody: unknown, and 100 at its end alone', async () => {
    const { id } = await queue.jobs.submit(aJob(), {})
    const shown = async () => JSON.parse(String(await redis.cli('HGET', `bull:transcode:${id}`, 'progress')))
    let before: unknown
    open(async (run, attempt) => {
      run.showProgress({ progress: null, phase: 'encoding', speed: 2 })
      await expect.poll(shown).toMatchObject({ phase: 'encoding' })
      before = await shown()
      await attempt.commit(['g'], '{}', true)
      return { kind: 'completed' }
    })
    await settled(id, 'completed')
    expect(before).toEqual({ progress: null, phase: 'encoding', speed: 2 })
    await expect.poll(shown).toEqual({ progress: 100, phase: 'completed', speed: null })
  })

  test('however short, shows those who listen to the queue a phase, 100 and its end, in this order', async () => {
    const listener = new QueueEvents('transcode', { connection: { url: redis.url }, prefix: 'bull' })
    onTestFinished(() => listener.close())
    await listener.waitUntilReady()
    const heard: string[] = []
    listener.on('progress', ({ jobId, data }) => {
      const { progress, phase } = data as { progress: number | null; phase: string }
      if (jobId === id) heard.push(`${phase} ${progress}`)
    })
    listener.on('completed', ({ jobId }) => {
      if (jobId === id) heard.push('end')
    })
    const { id } = await queue.jobs.submit(aJob(), {})
    open(async (run) => {
      run.showProgress({ progress: null, phase: 'fetching', speed: null })
      run.showProgress({ progress: null, phase: 'encoding', speed: null })
      return { kind: 'completed' }
    })
    await expect.poll(() => heard.at(-1)).toBe('end')
    expect(heard[0]).toBe('fetching null')
    expect(heard.at(-2)).toBe('completed 100')
  })

  test('keeps life-cycle events and the newest progress however long it runs', async () => {
    const { id } = await queue.jobs.submit(aJob(), {})
    open(async (_run, attempt) => {
      for (let n = 1; n <= 1_000; n++) await attempt.progress(n, aSnapshot({ percent: Math.floor(n / 11) }), false)
      return { kind: 'completed' }
    })
    await settled(id, 'completed')
    const types = await typesOf(id)
    expect(types.slice(0, 2)).toEqual(['job.queued', 'attempt.started'])
    expect(types.filter((type) => type === 'progress')).toHaveLength(401)
    const seqs = (await events(id)).flatMap((event) => (event.type === 'progress' ? [event.progress.seq] : []))
    expect(seqs).toEqual(Array.from({ length: 401 }, (_, i) => 601 + i))
  })

  test('tells an event once that is sent twice', async () => {
    const { id } = await queue.jobs.submit(aJob(), {})
    open(async (_run, attempt) => {
      await attempt.phase(1, 'encoding')
      await attempt.phase(1, 'encoding')
      await attempt.progress(2, aSnapshot(), false)
      await attempt.progress(2, aSnapshot(), false)
      return { kind: 'completed' }
    })
    await settled(id, 'completed')
    expect(await typesOf(id)).toEqual([
      'job.queued',
      'attempt.started',
      'phase.changed',
      'progress',
      'progress',
      'job.completed',
    ])
  })

  test('whose events have expired still says how it ended', async () => {
    const { id } = await queue.jobs.submit(aJob(), {})
    open(async () => ({ kind: 'completed' }))
    await settled(id, 'completed')
    const before = await queue.events.read(id)
    await redis.cli('DEL', `ffleet:events:${id}`)
    const after = await queue.events.read(id)
    expect(after!.endId).toBe(before!.endId)
    expect(after!.entries.map(({ event }) => event)).toEqual([before!.entries.at(-1)!.event])
  })
})

describe('cancelling', () => {
  test('a waiting job ends it at once, and nobody can run it any more', async () => {
    const { id } = await queue.jobs.submit(aJob(), {})
    expect(await queue.jobs.cancel(id)).toMatchObject({ state: 'cancelled' })
    await expect(queue.jobs.cancel(id)).rejects.toMatchObject({ code: 'JOB_ALREADY_FINISHED' })
    let ran = 0
    open(async () => {
      ran++
      return { kind: 'completed' }
    })
    const other = await queue.jobs.submit(aJob(), {})
    await settled(other.id, 'completed')
    expect(ran).toBe(1)
    expect(await typesOf(id)).toEqual(['job.queued', 'job.cancelled'])
  })

  test('a running job reaches its worker with the next event it tells', async () => {
    const { id } = await queue.jobs.submit(aJob(), {})
    open(async (_run, attempt) => {
      for (let n = 1; ; n++) {
        const { cancelled } = await attempt.progress(n, aSnapshot(), false)
        if (cancelled) break
        await new Promise((done) => setTimeout(done, 20))
      }
      expect(await attempt.commit(['g'], '{}', true)).toBe('cancelled')
      await attempt.end()
      return { kind: 'cancelled' }
    })
    await settled(id, 'active')
    await queue.jobs.cancel(id)
    await settled(id, 'cancelled')
  })

  test('after the commit comes too late', async () => {
    const { id } = await queue.jobs.submit(aJob(), {})
    let committed = () => {}
    const commit = new Promise<void>((resolve) => {
      committed = resolve
    })
    let goOn = () => {}
    const wait = new Promise<void>((resolve) => {
      goOn = resolve
    })
    open(async (_run, attempt) => {
      await attempt.commit(['g'], '{}', true)
      committed()
      await wait
      return { kind: 'completed' }
    })
    await commit
    expect(await queue.jobs.cancel(id)).toMatchObject({ state: 'active' })
    goOn()
    await settled(id, 'completed')
    expect((await typesOf(id)).filter((type) => type.startsWith('job.'))).toEqual(['job.queued', 'job.completed'])
  })

  test('a cancelled job can be retried', async () => {
    const { id } = await queue.jobs.submit(aJob(), {})
    await queue.jobs.cancel(id)
    expect(await queue.jobs.retry(id)).toMatchObject({ state: 'queued' })
    open(async () => ({ kind: 'completed' }))
    await settled(id, 'completed')
    expect(await typesOf(id)).toEqual([
      'job.queued',
      'job.cancelled',
      'job.queued',
      'attempt.started',
      'progress',
      'job.completed',
    ])
    await expect(queue.jobs.retry(id)).rejects.toMatchObject({ code: 'JOB_NOT_RETRYABLE' })
  })

  test('a retried job that waits ends it at once too', async () => {
    const { id } = await queue.jobs.submit(aJob(), {})
    await queue.jobs.cancel(id)
    await queue.jobs.retry(id)
    expect(await queue.jobs.cancel(id)).toMatchObject({ state: 'cancelled' })
    expect((await queue.jobs.info()).counts).toMatchObject({ queued: 0, cancelled: 1 })
    await queue.jobs.retry(id)
    open(async () => ({ kind: 'completed' }))
    await settled(id, 'completed')
  })
})

describe('a worker that is lost', () => {
  test('is fenced: what it tells, commits and completes counts no more', async () => {
    const { id } = await queue.jobs.submit(aJob(), {})
    const late: Promise<unknown>[] = []
    let slow = () => {}
    const hang = new Promise<void>((resolve) => {
      slow = resolve
    })
    const script: Script = async (run, attempt) => {
      if (attempt.number > 1) return { kind: 'completed' }
      // A lock that vanishes is what a long stop or a cut network looks like from here.
      await redis.cli('DEL', `bull:transcode:${id}:lock`)
      await hang
      late.push(attempt.progress(1, aSnapshot(), false), attempt.commit(['g'], '{}', true), attempt.end())
      await Promise.allSettled(late)
      return { kind: run.lockLost.aborted ? 'lost' : 'completed' }
    }
    open(script, { lockDurationMs: 1_000 })
    open(script, { lockDurationMs: 1_000 })
    await settled(id, 'completed')
    slow()
    await expect.poll(() => late.length).toBe(3)
    for (const call of late) await expect(call).rejects.toMatchObject({ name: 'AttemptLostError' })
    const all = await events(id)
    expect(all.map((event) => event.type)).toEqual([
      'job.queued',
      'attempt.started',
      'attempt.failed',
      'attempt.started',
      'progress',
      'job.completed',
    ])
    expect(all[2]).toMatchObject({ attempt: 1, error: { code: 'WORKER_LOST', attempt: 1 }, willRetry: true })
  })

  test('again and again poisons the job, and no other', async () => {
    const { id } = await queue.jobs.submit(aJob(), {})
    const script: Script = async (run) => {
      if (run.jobId !== id) return { kind: 'completed' }
      await redis.cli('DEL', `bull:transcode:${id}:lock`)
      await new Promise((done) => run.lockLost.addEventListener('abort', done))
      return { kind: 'lost' }
    }
    open(script, { lockDurationMs: 500, poisonStarts: 2 })
    await settled(id, 'failed')
    const other = await queue.jobs.submit(aJob(), {})
    await settled(other.id, 'completed')
    expect((await queue.jobs.get(id))!.error).toMatchObject({ code: 'POISONED' })
    expect((await typesOf(id)).filter((type) => type === 'attempt.started')).toHaveLength(2)
  })
})

describe('submitting', () => {
  const idempotency = { scope: 'default', key: 'k', bodyHash: 'h' }

  test('with a key gives the first job again, and refuses another body', async () => {
    const [a, b] = await Promise.all([
      queue.jobs.submit(aJob(), { idempotency }),
      queue.jobs.submit(aJob(), { idempotency }),
    ])
    expect(b.id).toBe(a.id)
    expect([a.created, b.created].sort()).toEqual([false, true])
    const reused = { code: 'IDEMPOTENCY_KEY_REUSED' }
    const other = { ...idempotency, bodyHash: 'x' }
    await expect(queue.jobs.submit(aJob(), { idempotency: other })).rejects.toMatchObject(reused)
    await expect(queue.jobs.earlier(other)).rejects.toMatchObject(reused)
    expect(await queue.jobs.earlier(idempotency)).toEqual(a.job)
    expect(await queue.jobs.earlier({ ...idempotency, key: 'unknown' })).toBeNull()
    expect((await queue.jobs.info()).counts.queued).toBe(1)
  })

  test('with the key of a job that was removed says so', async () => {
    const { id } = await queue.jobs.submit(aJob(), { idempotency })
    await queue.jobs.cancel(id)
    await queue.jobs.remove(id)
    const removed = { code: 'NOT_FOUND', message: expect.stringContaining(id) }
    await expect(queue.jobs.submit(aJob(), { idempotency })).rejects.toMatchObject(removed)
    await expect(queue.jobs.earlier(idempotency)).rejects.toMatchObject(removed)
  })

  test('runs higher priorities first and says who is next', async () => {
    await queue.jobs.pause()
    const low = await queue.jobs.submit(aJob({ priority: 0 }), {})
    const high = await queue.jobs.submit(aJob({ priority: 100 }), {})
    const middle = await queue.jobs.submit(aJob({ priority: 50 }), {})
    expect([low, high, middle].map(({ job }) => job.queuePosition)).toEqual([1, 1, 2])
    const position = async (id: string) => (await queue.jobs.get(id))!.queuePosition
    expect(await Promise.all([high, middle, low].map(({ id }) => position(id)))).toEqual([1, 2, 3])
    const order: string[] = []
    open(async (run) => {
      order.push(run.jobId)
      return { kind: 'completed' }
    })
    expect((await queue.jobs.info()).paused).toBe(true)
    await queue.jobs.resume()
    await settled(low.id, 'completed')
    expect(order).toEqual([high.id, middle.id, low.id])
  })

  test('that died half-way is mended by the sweeper', async () => {
    const { id } = await queue.jobs.submit(aJob(), {})
    // As if the API had died before BullMQ got the job.
    const old = '01ARZ3NDEKTSV4RRFFQ69G5FAV'
    await redis.cli('RENAME', `ffleet:job:${id}`, `ffleet:job:${old}`)
    await redis.cli('ZADD', 'ffleet:jobs:open', 0, old)
    const sweeper = queue.startSweeper({
      keepJobsMs: 1e9,
      keepJobsCount: 100,
      intervalMs: 50,
      onForgotten: async () => {},
    })
    open(async () => ({ kind: 'completed' }))
    await settled(old, 'completed')
    await sweeper.stop()
  })
})

describe('listing', () => {
  test('pages newest first by state and tag, whatever is added in between', async () => {
    const ids: string[] = []
    for (let i = 0; i < 7; i++) ids.push((await queue.jobs.submit(aJob({ tags: { odd: String(i % 2) } }), {})).id)
    await queue.jobs.cancel(ids[3]!)
    const first = await queue.jobs.list({ limit: 3 })
    await queue.jobs.submit(aJob(), {})
    const second = await queue.jobs.list({ limit: 4, cursor: first.nextCursor! })
    expect([...first.items, ...second.items].map((job) => job.id)).toEqual(ids.toReversed())
    expect(second.nextCursor).toBeNull()
    const odd = await queue.jobs.list({ limit: 200, tags: { odd: '1' } })
    expect(odd.items.map((job) => job.id)).toEqual([ids[5], ids[3], ids[1]])
    const cancelled = await queue.jobs.list({ limit: 200, tags: { odd: '1' }, state: 'cancelled' })
    expect(cancelled.items.map((job) => job.id)).toEqual([ids[3]])
    expect((await queue.jobs.list({ limit: 200, state: 'queued' })).items).toHaveLength(7)
    expect((await queue.jobs.list({ limit: 200, state: 'active' })).items).toEqual([])
  })

  test('finds jobs by preset, text, code and time', async () => {
    const film = (
      await queue.jobs.submit(
        aJob({ input: { ...aJob().input, uri: 'Films/Summer.mov' }, tags: { customer: 'Ada' } }),
        {},
      )
    ).id
    await new Promise((done) => setTimeout(done, 5))
    const other = (
      await queue.jobs.submit(aJob({ outputs: [{ ...aJob().outputs[0]!, name: 'teaser', preset: 'mine' }] }), {})
    ).id
    const found = async (filter: Partial<Parameters<Queue['jobs']['list']>[0]>) =>
      (await queue.jobs.list({ limit: 200, ...filter })).items.map((job) => job.id)
    expect(await found({ preset: 'mine' })).toEqual([other])
    for (const text of ['films/summer', 'customer=ADA', film.toLowerCase()])
      expect(await found({ text })).toEqual([film])
    expect(await found({ text: 'TEASER', preset: 'mine' })).toEqual([other])
    expect(await found({ text: 'nowhere' })).toEqual([])
    const sinceMs = Date.parse((await queue.jobs.get(other))!.createdAt)
    expect(await found({ sinceMs })).toEqual([other])
    expect(await found({ untilMs: sinceMs })).toEqual([film])
    expect(await found({ sinceMs: 0, untilMs: Number.MAX_SAFE_INTEGER })).toEqual([other, film])
    open(async (_run, attempt) => {
      await attempt.fail(aJobError('OUTPUT_INVALID'), false)
      return { kind: 'failed', code: 'OUTPUT_INVALID', retry: false }
    })
    await settled(film, 'failed')
    await settled(other, 'failed')
    expect(await found({ code: 'OUTPUT_INVALID' })).toEqual([other, film])
    expect(await found({ code: 'DISK_FULL' })).toEqual([])
  })

  test('looks at so many jobs for a page, and goes on from there', async () => {
    const first = (await queue.jobs.submit(aJob({ tags: { which: 'first' } }), {})).id
    await Promise.all(Array.from({ length: 2_050 }, () => queue.jobs.submit(aJob(), {})))
    const page = await queue.jobs.list({ limit: 10, text: 'which=first' })
    expect(page.items).toEqual([])
    const next = await queue.jobs.list({ limit: 10, text: 'which=first', cursor: page.nextCursor! })
    expect([next.items.map((job) => job.id), next.nextCursor]).toEqual([[first], null])
  })

  test('forgets what is older or more than is kept, and leaves no key of it', async () => {
    const kept = await queue.jobs.submit(aJob(), {})
    const gone: string[] = []
    for (let i = 0; i < 4; i++) {
      const { id } = await queue.jobs.submit(aJob({ tags: { a: 'b' } }), {})
      await queue.jobs.cancel(id)
      gone.push(id)
    }
    const forgotten: string[] = []
    const sweeper = queue.startSweeper({
      keepJobsMs: 1e9,
      keepJobsCount: 1,
      intervalMs: 30,
      onForgotten: async (ids) => void forgotten.push(...ids),
    })
    await expect.poll(() => forgotten).toEqual(gone.slice(0, 3))
    await sweeper.stop()
    const keys = (await redis.cli('KEYS', '*')) as string[]
    for (const id of forgotten) expect(keys.filter((key) => key.includes(id))).toEqual([])
    expect((await queue.jobs.list({ limit: 10, tags: { a: 'b' } })).items.map((job) => job.id)).toEqual([gone[3]])
    expect(await queue.jobs.get(kept.id)).not.toBeNull()
  })
})
