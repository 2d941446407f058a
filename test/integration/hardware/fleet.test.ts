/** Jobs that ask for hardware encoders, on workers of which some have them; see the stand-in `hardware-encoders.mjs`. */
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Job, JobRequest } from '../../../src/contract/index.js'
import { PACED, program, TINY, useFleet } from '../../helpers/fleet.js'
import { long } from '../../helpers/long.js'
import type { Part } from '../../helpers/stack.js'

const fleet = useFleet({ env: { FFLEET_SANDBOX: 'none' } })
const failures = () => join(fleet.stack.folder, 'failures')

beforeEach(() => rm(failures(), { force: true }))

/** A worker with an NVENC that is none. */
const able = (more: Record<string, string> = {}): Promise<Part> =>
  fleet.worker({
    FFLEET_FFMPEG: program('hardware-encoders.mjs'),
    FFLEET_HARDWARE: 'nvenc',
    FFLEET_STAND_IN_ENCODERS: 'h264_nvenc',
    FFLEET_STAND_IN_FAILURES: failures(),
    ...more,
  })

const asking = (encoder: string, more: Partial<JobRequest> = {}): Partial<JobRequest> => ({
  outputs: [{ ...TINY, video: { encoder } } as JobRequest['outputs'][number]],
  ...more,
})
const fails = (...lines: string[]) => writeFile(failures(), lines.join('\n'))

/** The video encoders of the passes that a job went through, in order. */
async function encodersOf(id: string): Promise<string[]> {
  const { attempts } = await fleet.stack.client.report(id)
  const passes = attempts.flatMap(({ passes }) => passes)
  return passes.map(({ argv }) => argv[argv.indexOf('-c:v') + 1]!)
}

async function workersByEncoder(): Promise<{ id: string; encoders: string[] }[]> {
  const workers = await fleet.stack.client.workers()
  return workers.map(({ id, encoders }) => ({ id, encoders: encoders.filter((name) => name.includes('_nvenc')) }))
}

describe('a worker', () => {
  it('tells the encoders that passed, and makes with them what asks for any', async () => {
    await able()
    expect(await workersByEncoder()).toEqual([{ id: expect.any(String), encoders: ['h264_nvenc'] }])
    const job = await fleet.ended(await fleet.submit(asking('auto')))
    expect([job.state, job.warnings]).toEqual(['completed', []])
    expect(await encodersOf(job.id)).toEqual(['h264_nvenc'])
    const plain = await fleet.ended(await fleet.submit())
    expect(await encodersOf(plain.id)).toEqual(['libx264'])
  })

  it('has none where the trial fails, and makes in software what may be', async () => {
    await fails('h264_nvenc')
    await able()
    expect(await workersByEncoder()).toEqual([{ id: expect.any(String), encoders: [] }])
    const job = await fleet.ended(await fleet.submit(asking('auto')))
    expect([job.state, job.warnings]).toEqual(['completed', []])
    expect(await encodersOf(job.id)).toEqual(['libx264'])
  })
})

describe('a device that fails in the middle', () => {
  it('is followed by software within the attempt: the job tells it, and percent does not fall', async () => {
    await able()
    await fails('h264_nvenc after 20')
    const id = await fleet.submit(asking('auto'))
    const job = await fleet.ended(id)
    const detail = 'The hardware encoder h264_nvenc failed; the output was made in software.'
    expect(job).toMatchObject({ state: 'completed', attempt: 1 })
    expect(job.warnings).toEqual([{ code: 'HARDWARE_FELL_BACK', detail, output: 'tiny' }])
    expect(await encodersOf(id)).toEqual(['h264_nvenc', 'libx264'])
    const report = await fleet.stack.client.report(id)
    expect(report.outputs[0]!.warnings).toEqual([detail])
    expect(report.attempts[0]!.passes.map(({ exitCode }) => exitCode)).toEqual([1, 0])
    const percents = (await fleet.events(id)).flatMap((event) =>
      event.type === 'progress' ? (event.progress.percent ?? []) : [],
    )
    expect(percents).toEqual([...percents].sort((a, b) => a - b))
  })

  long('ends the attempt of a job that names it, which is tried again', async () => {
    await able()
    await fails('h264_nvenc')
    const id = await fleet.submit(asking('nvenc', { maxAttempts: 3 }))
    const failed = await fleet.told(id, ({ type }) => type === 'attempt.failed')
    expect(failed).toMatchObject({
      willRetry: true,
      error: {
        code: 'HARDWARE_FAILED',
        retryable: true,
        detail: expect.stringMatching(/^h264_nvenc failed on this worker\./),
      },
    })
    await rm(failures())
    const job = await fleet.ended(id)
    expect(job.state).toBe('completed')
    expect(new Set(await encodersOf(id))).toEqual(new Set(['h264_nvenc']))
  })

  long(
    'is out after three failures: the worker tells, auto takes software at once, and what names it waits',
    async () => {
      await able()
      await fails('h264_nvenc')
      for (let i = 0; i < 3; i++) await fleet.ended(await fleet.submit(asking('auto')))
      await expect.poll(async () => (await workersByEncoder())[0]!.encoders).toEqual([])
      const after = await fleet.ended(await fleet.submit(asking('auto')))
      expect([after.warnings, await encodersOf(after.id)]).toEqual([[], ['libx264']])
      const id = await fleet.submit(asking('h264_nvenc'))
      await expect.poll(async () => (await fleet.get(id)).waitsFor).toBe('encoder')
      await fleet.stack.client.cancel(id)
      expect((await fleet.ended(id)).state).toBe('cancelled')
    },
  )

  long('is not blamed for a file that software can not encode either', async () => {
    await able()
    const broken = 'broken.mp4'
    await writeFile(join(fleet.stack.mediaRoot, broken), 'no media')
    for (let i = 0; i < 3; i++) {
      const job = await fleet.ended(await fleet.submit(asking('auto', { input: broken })))
      expect(job.error?.code).not.toBe('HARDWARE_FAILED')
    }
    expect((await workersByEncoder())[0]!.encoders).toContain('h264_nvenc')
  })

  long('is not tried again for a job that failed once, whatever by', async () => {
    await able({ FFLEET_STAND_IN_PACED: '1' })
    const id = await fleet.submit(asking('auto', { input: 'long.mp4', timeoutMs: 2_000, maxAttempts: 2 }))
    expect((await fleet.ended(id)).error?.code).toBe('TIMED_OUT')
    expect(await encodersOf(id)).toEqual(['h264_nvenc', 'libx264'])
  })
})

describe('a job that names an encoder', () => {
  const looks = async () => {
    const calls = (await fleet.stack.redis.cli('INFO', 'commandstats')) as string
    return Number(/cmdstat_evalsha:calls=(\d+)/.exec(calls)?.[1] ?? 0)
  }

  it('waits where no worker has it, says why, holds nobody up, and runs when one comes', async () => {
    await fleet.worker()
    const id = await fleet.submit(asking('nvenc', { priority: 100 }))
    await expect.poll(async () => (await fleet.get(id)).waitsFor).toBe('encoder')
    expect(await fleet.get(id)).toMatchObject({ state: 'queued', attempt: 0, queuePosition: null, forecast: null })
    expect(await fleet.stack.client.queue()).toMatchObject({ counts: { queued: 1, delayed: 0 } })
    const other = await fleet.ended(await fleet.submit())
    expect(other.state).toBe('completed')
    // Nobody looks at it again and again: what scripts run is the heartbeat of the worker and the sweeper.
    const before = await looks()
    await new Promise((done) => setTimeout(done, 3_000))
    expect((await looks()) - before).toBeLessThan(30)
    expect((await fleet.get(id)).attempt).toBe(0)
    await able()
    const job = await fleet.ended(id)
    expect([job.state, job.attempt, job.waitsFor]).toEqual(['completed', 1, undefined])
    expect(await encodersOf(id)).toEqual(['h264_nvenc'])
  })

  long('goes to the one of two workers that can, though the other one has more room', async () => {
    await fleet.worker({ FFLEET_SLOTS: '3' })
    await able()
    const ids: string[] = []
    for (let i = 0; i < 4; i++) ids.push(await fleet.submit(asking('nvenc')))
    const jobs: Job[] = []
    for (const id of ids) jobs.push(await fleet.ended(id))
    expect(jobs.map(({ state, attempt }) => [state, attempt])).toEqual(Array(4).fill(['completed', 1]))
    const hosts = await Promise.all(ids.map(async (id) => (await fleet.stack.client.report(id)).attempts[0]!.worker))
    const [capable] = (await workersByEncoder()).filter(({ encoders }) => encoders.length > 0)
    expect(new Set(hosts)).toEqual(new Set([capable!.id]))
  })

  long('goes first on the worker that it needs, when that has a slot again', async () => {
    await able({ FFLEET_STAND_IN_PACED: '1' })
    await fleet.worker(PACED)
    const first = await fleet.submit(asking('nvenc', { input: 'long.mp4' }))
    await fleet.phase(first, 'encoding')
    const needing = await fleet.submit(asking('nvenc'))
    await expect.poll(async () => (await fleet.get(needing)).waitsFor).toBe('encoder')
    // The other worker is busy for longer, and the queue has work that either could do.
    const busy = await fleet.submit({ input: 'long.mp4' })
    await fleet.phase(busy, 'encoding')
    const plain = await fleet.submit({ priority: 100 })
    const [special, usual] = [await fleet.ended(needing), await fleet.ended(plain)]
    expect([special.state, special.attempt]).toEqual(['completed', 1])
    expect(Date.parse(special.startedAt!)).toBeLessThan(Date.parse(usual.startedAt!))
    await fleet.ended(busy)
  })

  long('waits for a session beside the line, while other jobs have the slots', async () => {
    await able({ FFLEET_SLOTS: '3', FFLEET_HARDWARE_SESSIONS: '1', FFLEET_STAND_IN_PACED: '1' })
    const first = await fleet.submit(asking('nvenc', { input: 'long.mp4' }))
    await fleet.phase(first, 'encoding')
    const second = await fleet.submit(asking('nvenc'))
    await expect.poll(async () => (await fleet.get(second)).waitsFor).toBe('encoder')
    // Beyond the sessions auto takes software, and has a slot at once.
    const third = await fleet.ended(await fleet.submit(asking('auto')))
    expect([third.state, await encodersOf(third.id)]).toEqual(['completed', ['libx264']])
    expect((await fleet.get(first)).state).toBe('active')
    expect((await fleet.get(second)).state).toBe('queued')
    expect((await fleet.ended(second)).state).toBe('completed')
    const [one, two] = await Promise.all([first, second].map((id) => fleet.get(id)))
    expect(Date.parse(two!.startedAt!)).toBeGreaterThanOrEqual(Date.parse(one!.finishedAt!) - 1_000)
    expect(await encodersOf(second)).toEqual(['h264_nvenc'])
  })

  long('has a device to itself when it wants more sessions than there are', async () => {
    await able({ FFLEET_HARDWARE_SESSIONS: '1' })
    const outputs = ['a', 'b'].map((name) => ({ ...TINY, name, video: { encoder: 'nvenc' as const } }))
    const job = await fleet.ended(await fleet.submit({ outputs }))
    expect(job.state).toBe('completed')
  })

  it('is planned by a dry run as a worker would run it that has the encoder', async () => {
    await fleet.worker()
    const { plan, warnings } = await fleet.stack.client.dryRun({ input: 'in.mp4', ...asking('nvenc') } as JobRequest)
    expect(warnings).toEqual([])
    expect(plan!.passes[0]!.argv).toContain('h264_nvenc')
  })

  it('is refused at once where the encoder makes another codec', async () => {
    const error = await fleet.stack.client
      .submit({ input: 'in.mp4', ...asking('hevc_nvenc') } as JobRequest)
      .catch((e) => e)
    expect(error).toMatchObject({ code: 'INVALID_REQUEST', errors: [{ pointer: '/outputs/0/video/encoder' }] })
  })
})
