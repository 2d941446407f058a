import { readdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ClipName } from '../../fixtures/media/recipes.js'
import type { DryRun, Job, JobRequest, OutputRequest, Probe, Problem } from '../../src/contract/index.js'
import { FfleetApiError } from '../../src/index.js'
import { cli } from '../helpers/cli.js'
import { PACED, startFleet, TINY } from '../helpers/fleet-stack.js'
import { long, some } from '../helpers/long.js'
import type { Part, Stack } from '../helpers/stack.js'
import { waitFor } from '../helpers/wait-for.js'

const CLIPS: Record<string, ClipName> = {
  'in.mp4': 'h264-aac',
  'long.mp4': 'h264-aac-6s',
  'sound.m4a': 'audio-only',
  'silent.mp4': 'video-only',
  'two-audio.mkv': 'two-audio',
  'old.avi': 'mpeg4-mp3-avi',
  'text.mp4': 'text-txt',
}

let stack: Stack
beforeAll(async () => {
  stack = await startFleet({}, CLIPS)
  await writeFile(join(stack.mediaRoot, 'empty.mp4'), '')
})
afterAll(() => stack.stop())

const dryRun = (input: NonNullable<JobRequest['input']>, ...outputs: OutputRequest[]): Promise<DryRun> =>
  stack.client.dryRun({ input, outputs })
const ended = async (request: JobRequest): Promise<Job> => stack.client.wait((await stack.client.submit(request)).id)
/** What stands in angle brackets only the pass `measure` can tell. */
const unmeasured = (argv: string[], planned: string[]) =>
  argv.map((arg, i) => (/^<.+>$/.test(planned[i] ?? '') ? planned[i] : arg))
const inspectKeys = async () => {
  const keys = (await stack.redis.cli('KEYS', 'bull:inspect:*')) as string[]
  return keys.filter((key) => /bull:inspect:[0-9a-f-]{36}/.test(key))
}

async function ask(query: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${stack.baseUrl}/v1/jobs${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  return { status: response.status, body: await response.json() }
}

async function stopWorkers(): Promise<void> {
  for (const worker of stack.workers.splice(0)) {
    worker.signal('SIGTERM')
    await worker.ended
  }
  // One that was killed is listed until its heartbeat is old.
  await waitFor(async () => expect(await stack.client.workers()).toEqual([]))
}

describe('without a worker', () => {
  test('the request is checked, and it is said that nobody looked at the input', async () => {
    const answer = await dryRun('in.mp4', { preset: 'h264-360p', path: 'a//b.mp4' }, { preset: 'poster' })
    expect(answer).toEqual({
      job: {
        input: { uri: 'in.mp4', startMs: null, endMs: null, expectedDurationMs: null },
        outputs: [
          { name: 'h264-360p', preset: 'h264-360p', path: 'a/b.mp4', mediaType: 'video/mp4' },
          { name: 'poster', preset: 'poster', path: null, mediaType: 'image/jpeg' },
        ],
        priority: 0,
        maxAttempts: 3,
        timeoutMs: null,
        delayMs: 0,
        tags: {},
      },
      worker: null,
      plan: null,
      refusal: null,
      forecast: null,
      warnings: [{ code: 'NOT_INSPECTED', detail: 'No worker is running. The input was not looked at.', output: null }],
    })
  })

  test('nothing is asked of anybody', async () => {
    expect(await stack.redis.cli('KEYS', 'bull:inspect:*')).toEqual([])
  })
})

describe('with a worker', () => {
  beforeAll(() => stack.startWorker())
  afterAll(stopWorkers)

  test.each<[string, JobRequest]>(
    some(
      [
        [
          'several outputs of one decode',
          { input: 'in.mp4', outputs: [TINY, { preset: 'mp3-192k' }, { preset: 'poster' }, { preset: 'thumbnails' }] },
        ],
        ['two passes', { input: 'in.mp4', outputs: [{ preset: 'tiny-2pass', path: 'two/passes.mp4' }] }],
        ['a part', { input: { uri: 'long.mp4', startMs: 1_000, endMs: 3_500 }, outputs: [TINY] }],
        ['a copy of what ffprobe reads', { input: 'old.avi', outputs: [{ preset: 'copy-mp4' }] }],
        ['a second language', { input: 'two-audio.mkv', outputs: [TINY] }],
      ],
      2,
    ),
  )('the plan is what is run: %s', async (_, request) => {
    const { job, plan, refusal, warnings, worker } = await stack.client.dryRun(request)
    expect(refusal).toBeNull()
    const made = await ended(request)
    expect(made.state).toBe('completed')
    const report = await stack.client.report(made.id)
    const passes = report.attempts[0]!.passes
    expect(plan!.passes.map(({ label, argv }) => ({ label, argv }))).toEqual(
      passes.map(({ label, argv }, i) => ({ label, argv: unmeasured(argv, plan!.passes[i]!.argv) })),
    )
    expect(media(plan!.probe)).toEqual(media(report.input!))
    expect(worker).toBe(report.attempts[0]!.worker)
    expect(job.outputs.map(({ name, preset, mediaType }) => ({ name, preset, mediaType }))).toEqual(
      made.outputs.map(({ name, preset, mediaType }) => ({ name, preset, mediaType })),
    )
    expect(warnings).toEqual(made.warnings)
    for (const [i, { expected }] of plan!.passes.entries()) {
      if (expected.frames !== null) expect(Math.abs(passes[i]!.summary.frames! - expected.frames)).toBeLessThan(2)
    }
    for (const { name, durationUs } of plan!.outputs) {
      const { durationMs } = made.outputs.find((output) => output.name === name)!
      if (durationUs !== null) expect(Math.abs(durationMs! - durationUs / 1_000)).toBeLessThan(100)
    }
  })

  test('a size is told where bit rates or a copy say one', async () => {
    const request = {
      input: 'long.mp4',
      outputs: [
        { preset: 'mp3-192k' },
        { preset: 'copy-mp4' },
        { preset: 'tiny-2pass' },
        { preset: 'tiny' },
        { preset: 'flac' },
        { preset: 'poster' },
      ],
    }
    const { plan } = await stack.client.dryRun(request)
    const expected = Object.fromEntries(plan!.outputs.map(({ name, expectedBytes }) => [name, expectedBytes]))
    expect(expected).toMatchObject({ tiny: null, flac: null, poster: null })
    const { outputs } = await ended(request)
    for (const name of ['mp3-192k', 'copy-mp4', 'tiny-2pass']) {
      const { bytes } = outputs.find((output) => output.name === name)!
      expect([name, expected[name]! / bytes!]).toEqual([name, expect.closeTo(1, 0)])
    }
    expect(expected['copy-mp4']! / outputs[1]!.bytes!).toBeCloseTo(1, 1)
  })

  test.each<[NonNullable<JobRequest['input']>, OutputRequest]>(
    some(
      [
        ['text.mp4', TINY],
        ['empty.mp4', TINY],
        ['sound.m4a', TINY],
        ['silent.mp4', { preset: 'mp3-192k' }],
        [{ uri: 'in.mp4', startMs: 60_000 }, TINY],
      ],
      2,
    ),
  )('a refusal is what the job fails with: %j', async (input, output) => {
    const request = { input, outputs: [output] }
    const { refusal, plan } = await stack.client.dryRun(request)
    const { state, error } = await ended(request)
    expect(state).toBe('failed')
    expect({ ...refusal, attempt: 1, at: error!.at }).toEqual(error)
    if (plan !== null) expect(plan).toMatchObject({ passes: [], outputs: [] })
  })

  test('nothing is enqueued, written or kept', async () => {
    const before = await state()
    await dryRun('in.mp4', { ...TINY, path: 'never/made.mp4' }, { preset: 'thumbnails', path: 'never/sheets' })
    await dryRun('text.mp4', TINY)
    expect(await state()).toEqual(before)
    expect(await inspectKeys()).toEqual([])
  })

  test('a range, words and settings come back as they would be', async () => {
    const { job } = await stack.client.dryRun({
      input: { uri: 'in.mp4', startMs: 500 },
      outputs: [{ preset: 'tiny', name: 'main' }],
      priority: 7,
      maxAttempts: 1,
      timeoutMs: 60_000,
      delayMs: 5,
      tags: { a: 'b' },
    })
    expect(job).toEqual({
      input: { uri: 'in.mp4', startMs: 500, endMs: null, expectedDurationMs: null },
      outputs: [{ name: 'main', preset: 'tiny', path: null, mediaType: 'video/mp4' }],
      priority: 7,
      maxAttempts: 1,
      timeoutMs: 60_000,
      delayMs: 5,
      tags: { a: 'b' },
    })
  })

  test('a request that is refused is refused alike', async () => {
    const { id } = await ended({ input: 'in.mp4', outputs: [{ ...TINY, path: 'taken.mp4' }] })
    expect(id).toBeDefined()
    for (const request of [
      { input: 'in.mp4', outputs: [{ preset: 'nope' }] },
      { input: 'no.mp4', outputs: [TINY] },
      { input: '../in.mp4', outputs: [TINY] },
      { input: 'in.mp4', outputs: [{ ...TINY, path: 'taken.mp4' }] },
      { input: 'in.mp4', outputs: [{ ...TINY, path: 'taken.mp4/inside.mp4' }] },
      { input: 'in.mp4', outputs: [{ preset: 'nope' }, { ...TINY, crf: 3 }] },
      { input: 'in.mp4', outputs: [] },
    ]) {
      const [dry, real] = [await ask('?dryRun=true', request), await ask('', request)]
      expect(dry).toEqual(real)
      expect(dry.status).toBeGreaterThanOrEqual(400)
    }
    const request = { input: 'in.mp4', outputs: [{ ...TINY, path: 'taken.mp4', onExists: 'rename' as const }] }
    expect((await stack.client.dryRun(request)).job.outputs[0]!.path).toBe('taken-2.mp4')
  })

  test('`dryRun=false` submits, and only these two words are taken', async () => {
    const request = { input: 'in.mp4', outputs: [TINY] }
    const sent = await ask('?dryRun=false', request)
    expect(sent.status).toBe(202)
    await stack.client.wait((sent.body as Job).id)
    for (const query of ['?dryRun=1', '?dryRun=', '?dryRun=TRUE', '?dryRun=true&dryRun=true', '?dryrun=true']) {
      const { status, body } = await ask(query, request)
      expect([query, status, (body as Problem).code]).toEqual([query, 422, 'INVALID_REQUEST'])
    }
  })

  test('a key for repeated submissions is neither used up nor answered from', async () => {
    const request = { input: 'in.mp4', outputs: [TINY] }
    const key = { 'idempotency-key': 'dry' }
    expect((await ask('?dryRun=true', request, key)).body).toHaveProperty('plan.passes')
    const sent = await ask('', { ...request, priority: 1 }, key)
    expect(sent.status).toBe(202)
    expect((await ask('?dryRun=true', request, key)).status).toBe(200)
    await stack.client.wait((sent.body as Job).id)
  })

  test('the client rejects as for a submission', async () => {
    await expect(dryRun('no.mp4', TINY)).rejects.toThrow(FfleetApiError)
  })
})

describe('a worker that is busy, draining or away', () => {
  const workers: Part[] = []
  afterAll(stopWorkers)

  test('answers while its slots are taken and the queue is paused', async () => {
    workers.push(await stack.startWorker(PACED))
    const { id } = await stack.client.submit({ input: 'long.mp4', outputs: [TINY] })
    await waitFor(async () => expect((await stack.client.get(id)).phase).toBe('encoding'))
    await stack.client.pause()
    expect((await dryRun('in.mp4', TINY)).plan!.passes).toHaveLength(1)
    expect((await stack.client.get(id)).state).toBe('active')
    await stack.client.resume()
  })

  test('is not asked once it drains', async () => {
    const [worker] = await stack.client.workers()
    await stack.client.drain(worker!.id)
    await waitFor(async () => expect((await stack.client.workers())[0]?.state).toBe('draining'))
    const { plan, warnings } = await dryRun('in.mp4', TINY)
    expect(plan).toBeNull()
    expect(warnings[0]!.detail).toMatch(/^No worker takes work: /)
    await workers[0]!.ended
    stack.workers.splice(0)
  })

  long(
    'that is lost over a question leaves a word, and the question goes to nobody else',
    async () => {
      const marker = join(stack.folder, 'fault')
      const hook = resolve(import.meta.dirname, '../helpers/fault-hook.mjs')
      const lost = await stack.startWorker({
        NODE_OPTIONS: `--import ${hook}`,
        TEST_FAULT: JSON.stringify({ at: 'before realpath .*in\\.mp4', act: 'kill', marker }),
      })
      const asked = dryRun('in.mp4', TINY)
      await lost.ended
      await stack.startWorker()
      const { plan, warnings } = await asked
      expect(plan).toBeNull()
      expect(warnings).toMatchObject([{ code: 'NOT_INSPECTED', output: null }])
      expect(warnings[0]!.detail).toMatch(
        /^(The worker that was asked gave no answer|No worker answered within 20 s)\. /,
      )
      expect(await inspectKeys()).toEqual([])
      expect((await dryRun('in.mp4', TINY)).plan).not.toBeNull()
    },
    40_000,
  )
})

describe('ffleet submit --dry-run', () => {
  const ffleet = (...args: string[]) => cli(['submit', ...args, '--server', stack.baseUrl])

  test('without a worker says so', async () => {
    const { code, stdout } = await ffleet('in.mp4', '-p', 'tiny', '--dry-run')
    expect(stdout).toContain('No worker is running.')
    expect(stdout).toMatch(/^result +accepted; nothing was sent$/m)
    expect(code).toBe(0)
  })

  describe('with a worker', () => {
    beforeAll(() => stack.startWorker())
    afterAll(stopWorkers)

    test('tells input, outputs, passes and what is left out', async () => {
      const before = await state()
      const { code, stdout, stderr } = await ffleet('two-audio.mkv', '-p', 'tiny', '-p', 'mp3-192k', '--dry-run')
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).toMatch(/^input +two-audio.mkv: matroska,webm/m)
      expect(stdout).toMatch(/^ +video h264, 320x180/m)
      expect(stdout).toMatch(/^output +mp3-192k: audio\/mpeg, .* s, about \d/m)
      expect(stdout).toMatch(/^ +1 audio stream .*left out\.$/m)
      expect(stdout).toMatch(/^pass +encode: .* s, \d+ frames, tiny and mp3-192k$/m)
      expect(stdout).toMatch(/^result +it would run; nothing was sent$/m)
      expect(await state()).toEqual(before)
    })

    long('ends with 1 for what would fail, and goes on to the next', async () => {
      const { code, stdout, stderr } = await ffleet('sound.m4a', 'no.mp4', 'in.mp4', '-p', 'tiny', '--dry-run')
      expect(code).toBe(1)
      expect(stdout).toContain('it would fail: The input has no video (NO_VIDEO_STREAM)')
      expect(stdout).toMatch(/^result +it would run/m)
      expect(stderr).toContain('no.mp4: ffleet: The input does not exist')
    })

    long('--json prints the answers, one a line', async () => {
      const { code, stdout } = await ffleet('in.mp4', 'sound.m4a', '-p', 'tiny', '--dry-run', '--json')
      const answers = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as DryRun)
      expect(answers.map(({ job, refusal }) => [job.input.uri, refusal?.code ?? null])).toEqual([
        ['in.mp4', null],
        ['sound.m4a', 'NO_VIDEO_STREAM'],
      ])
      expect(code).toBe(1)
    })

    test('one request that is refused is an error, and nothing can be watched', async () => {
      expect(await ffleet('in.mp4', '-p', 'nope', '--dry-run')).toMatchObject({ code: 1, stdout: '' })
      const both = await ffleet('in.mp4', '--dry-run', '--watch')
      expect(both).toMatchObject({ code: 2, stderr: expect.stringContaining('--dry-run sends no job') })
    })
  })
})

/** On a machine that is busy, the other one of the two readers may have answered, which tells more or less of the rest. */
function media({ container, bytes, streams }: Probe) {
  return {
    container,
    bytes,
    streams: streams.map(({ type, codec, width, channels }) => [type, codec, width, channels]),
  }
}

/** All that a submission would change. */
async function state() {
  const [{ items }, outputs, reports] = await Promise.all([
    stack.client.listPage({ limit: 200 }),
    readdir(stack.outputRoot, { recursive: true }),
    readdir(stack.dataDir, { recursive: true }),
  ])
  return { jobs: items.map(({ id }) => id), outputs: outputs.sort(), reports: reports.sort() }
}
