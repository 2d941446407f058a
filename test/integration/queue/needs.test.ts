/** Jobs that name an encoder: who begins them, in which order, and at the cost of how many looks. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { EncoderChoice } from '../../../src/contract/index.js'
import { createQueue, createWorkerQueue, type Queue, type Slot, type WorkerQueue } from '../../../src/queue/index.js'
import { aJob, aJobError, aWorker } from '../../helpers/jobs.js'
import { startRedis, type TestRedis } from '../../helpers/redis.js'
import { waitFor } from '../../helpers/wait-for.js'

let redis: TestRedis
let queue: Queue
let workers: WorkerQueue
let slots: Slot[]
/** `<worker> <job>`, in the order in which they began; and how often a worker put a job aside. */
let began: string[]
let putAside: number

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())
beforeEach(async () => {
  await redis.cli('FLUSHALL')
  queue = await createQueue({ redis: redis.url, backoffMs: 20 })
  workers = await createWorkerQueue({ redis: redis.url, backoffMs: 20 })
  slots = []
  began = []
  putAside = 0
})
afterEach(async () => {
  await Promise.all(slots.map((slot) => slot.abandon()))
  await workers.close()
  await queue.close()
})

const VIDEO = { width: null, height: null, crf: 23, bitrate: null, speed: null, passes: 1, maxFrameRate: null }

async function submit(name: string, encoders: EncoderChoice[], more: { tenant?: string; priority?: number } = {}) {
  const { tenant = null, priority = 0 } = more
  const job = aJob({ tags: { name }, priority })
  const [output] = job.outputs
  const outputs = encoders.map((encoder, i) => {
    const { recipe } = output!
    if (recipe.kind === 'arguments') throw new Error('a recipe of a preset')
    const codec = encoder.startsWith('hevc') ? ('hevc' as const) : ('h264' as const)
    return { ...output!, name: `${name}-${i}`, recipe: { ...recipe, video: { ...VIDEO, codec, encoder } } }
  })
  const { id } = await queue.jobs.submit({ ...job, outputs: outputs.length > 0 ? outputs : job.outputs }, { tenant })
  return id
}

type Work = {
  encoders?: string[]
  meanwhile?: (name: string, attempt: number) => Promise<'fail' | undefined> | undefined
}

/** A slot of a worker that has these encoders. */
function work(worker: string, { encoders = [], meanwhile = () => undefined }: Work = {}): void {
  slots.push(
    workers.openSlot({
      name: worker,
      lockDurationMs: 10_000,
      stalledCheckMs: 1_000,
      onError: () => {},
      async run({ jobId, token }) {
        const { answer, attempt } = await workers.begin({ jobId, token, worker: aWorker(), encoders, poisonStarts: 3 })
        if (answer.kind === 'held') return { kind: 'held' }
        if (answer.kind === 'needs') {
          putAside += 1
          return { kind: 'needs' }
        }
        if (!attempt) return { kind: 'failed', code: 'INTERNAL_ERROR', retry: false }
        const name = attempt.request.tags.name!
        began.push(`${worker} ${name}`)
        if ((await meanwhile(name, attempt.number)) !== 'fail') return { kind: 'completed' }
        await attempt.fail(aJobError('STALLED'), true)
        return { kind: 'failed', code: 'STALLED', retry: true }
      },
    }),
  )
}

const callUp = (encoders: string[], count = 1) => workers.callUpNeeding({ encoders, count })
const listen = (encoders: string[]) =>
  workers.listen({ onCancel: () => {}, onDrain: () => {}, onNeeds: () => void callUp(encoders) })
const isBeside = (id: string) => waitFor(async () => expect((await queue.jobs.get(id))?.waitsFor).toBe('encoder'))
const ended = (id: string, state = 'completed') =>
  waitFor(async () => expect((await queue.jobs.get(id))?.state).toBe(state))
const keys = () => redis.cli('KEYS', 'ffleet:need*')

describe('a job that names an encoder', () => {
  test('is put aside once by workers that have none, and looked at no more', async () => {
    for (let i = 0; i < 4; i++) work('cpu')
    const id = await submit('a', ['nvenc'])
    await isBeside(id)
    await new Promise((done) => setTimeout(done, 500))
    expect([putAside, began]).toEqual([1, []])
    expect(await queue.jobs.info()).toMatchObject({ counts: { queued: 1, delayed: 0, active: 0 }, forecast: null })
    await queue.jobs.cancel(id)
    await ended(id, 'cancelled')
    expect(await keys()).toEqual([])
  })

  test('reaches the one slot that can among many idle ones, and costs each of those one look at a time', async () => {
    for (let i = 0; i < 8; i++) work('cpu')
    const first = await submit('a', ['nvenc'])
    await isBeside(first)
    await listen(['h264_nvenc'])
    work('gpu', { encoders: ['h264_nvenc'] })
    await callUp(['h264_nvenc'])
    await ended(first)
    expect(began).toEqual(['gpu a'])
    expect(putAside).toBeLessThanOrEqual(1 + 8)
    expect(await keys()).toEqual([])
  })

  test('goes by priority, then time; and of tenants by time alone', async () => {
    work('cpu')
    const ids = [
      await submit('late', ['nvenc']),
      await submit('urgent', ['nvenc'], { priority: 50 }),
      await submit('later', ['nvenc']),
      await submit('of a tenant', ['nvenc'], { tenant: 'acme', priority: 100 }),
    ]
    for (const id of ids) await isBeside(id)
    await Promise.all(slots.splice(0).map((slot) => slot.close()))
    work('gpu', { encoders: ['h264_nvenc'] })
    for (let i = 1; i <= 4; i++) {
      await callUp(['h264_nvenc'])
      await waitFor(() => expect(began).toHaveLength(i))
    }
    expect(began).toEqual(['gpu urgent', 'gpu late', 'gpu later', 'gpu of a tenant'])
  })

  test('needs all that its outputs name on one worker', async () => {
    work('cpu')
    const both = await submit('both', ['h264_nvenc', 'hevc_qsv'])
    const one = await submit('one', ['hevc_qsv'])
    await isBeside(both)
    await isBeside(one)
    await Promise.all(slots.splice(0).map((slot) => slot.close()))
    work('qsv', { encoders: ['hevc_qsv'] })
    await callUp(['hevc_qsv'], 5)
    await ended(one)
    expect((await queue.jobs.get(both))?.waitsFor).toBe('encoder')
    await Promise.all(slots.splice(0).map((slot) => slot.close()))
    work('all', { encoders: ['h264_nvenc', 'hevc_qsv'] })
    await callUp(['h264_nvenc', 'hevc_qsv'], 5)
    await ended(both)
    expect(began).toEqual(['qsv one', 'all both'])
  })

  test('goes before what any worker could do, when it is called up as a job ends', async () => {
    let goOn = () => {}
    const wait = new Promise<void>((done) => {
      goOn = done
    })
    work('gpu', {
      encoders: ['h264_nvenc'],
      async meanwhile(name) {
        if (name !== 'running') return undefined
        await wait
        await callUp(['h264_nvenc'])
        return undefined
      },
    })
    await submit('running', [])
    await waitFor(() => expect(began).toEqual(['gpu running']))
    work('cpu')
    const needing = await submit('needing', ['nvenc'])
    await isBeside(needing)
    await slots.pop()!.close()
    const plain = await submit('plain', [], { priority: 100 })
    goOn()
    await ended(needing)
    await ended(plain)
    expect(began).toEqual(['gpu running', 'gpu needing', 'gpu plain'])
  })

  test('is tried again after a failure, and waits beside the line then, too, where others take it', async () => {
    const encoders = ['h264_nvenc']
    let goOn = () => {}
    const wait = new Promise<void>((done) => {
      goOn = done
    })
    work('gpu', { encoders, meanwhile: (_, attempt) => wait.then(() => (attempt === 1 ? 'fail' : undefined)) })
    const id = await submit('a', ['nvenc'])
    await waitFor(() => expect(began).toHaveLength(1))
    await listen(encoders)
    for (let i = 0; i < 3; i++) work('cpu')
    goOn()
    await waitFor(async () => {
      await callUp(encoders)
      expect((await queue.jobs.get(id))?.state).toBe('completed')
    })
    expect(began).toEqual(['gpu a', 'gpu a'])
  })

  test('of a tenant that runs as many as it may is held first, and goes on from there', async () => {
    await queue.setQuotas({ acme: { running: 1 } })
    let goOn = () => {}
    const wait = new Promise<void>((done) => {
      goOn = done
    })
    work('cpu', { meanwhile: () => wait.then(() => undefined) })
    await submit('running', [], { tenant: 'acme' })
    await waitFor(() => expect(began).toHaveLength(1))
    work('gpu', { encoders: ['h264_nvenc'] })
    const id = await submit('a', ['nvenc'], { tenant: 'acme' })
    await waitFor(async () => expect((await queue.jobs.get(id))?.waitsFor).toBe('quota'))
    goOn()
    await listen(['h264_nvenc'])
    await ended(id)
    expect(began).toEqual(['cpu running', 'gpu a'])
  })
})
