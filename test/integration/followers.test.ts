/** Jobs that follow others, over HTTP: with a real worker and ffmpeg, and as they are refused. */
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Job, JobRequest, Problem, Report } from '../../src/contract/index.js'
import { cli } from '../helpers/cli.js'
import { startFleet, TINY } from '../helpers/fleet-stack.js'
import type { Stack } from '../helpers/stack.js'

let stack: Stack
beforeAll(async () => {
  stack = await startFleet({}, { 'in.mp4': 'h264-aac' })
  await stack.startWorker()
})
afterAll(() => stack.stop())

const NEVER = '01ARZ3NDEKTSV4RRFFQ69G5FAV'
const submit = (more: Partial<JobRequest> = {}) =>
  stack.client.submit({ input: 'in.mp4', outputs: [{ ...TINY, name: 'main' }], ...more })
const ended = (job: Job) => stack.client.wait(job.id)

async function refused(more: object): Promise<Problem> {
  const response = await fetch(`${stack.baseUrl}/v1/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ input: 'in.mp4', outputs: [TINY], ...more }),
  })
  const problem = (await response.json()) as Problem
  expect(response.status, JSON.stringify(problem)).toBe(problem.status)
  return problem
}

describe('a job that takes what another one makes', () => {
  test('runs behind it, from the file that it delivered; the size is counted, and no folder of the host is told', async () => {
    const mezzanine = await submit({ outputs: [{ ...TINY, name: 'main', path: 'deep/mezzanine.mp4' }] })
    const uri = `job:${mezzanine.id}/main`
    const sent = await submit({ input: { uri, startMs: 500 }, outputs: [{ preset: 'poster' }] })
    expect(sent).toMatchObject({ after: [mezzanine.id], input: { uri, startMs: 500 } })
    const job = await ended(sent)
    expect(job).toMatchObject({ state: 'completed', after: [mezzanine.id] })
    expect(job).not.toHaveProperty('waitsFor')
    // Sent again later, it needs the file, not the job.
    expect(await stack.client.requestOf(job.id)).not.toHaveProperty('after')
    const report: Report = await stack.client.report(job.id)
    expect(report.input).toMatchObject({ bytes: (await ended(mezzanine)).outputs[0]!.bytes })
    expect(JSON.stringify(report)).not.toContain(stack.folder)
    const { items } = await stack.client.usage()
    expect(items[0]!.inputBytes).toBeGreaterThan(report.input!.bytes!)
  })

  test('is looked at by a dry run once the file is there', async () => {
    const mezzanine = await submit({ delayMs: 3_600_000 })
    const request = { input: `job:${mezzanine.id}/main`, outputs: [TINY] }
    expect(await stack.client.dryRun(request)).toMatchObject({
      job: { after: [mezzanine.id] },
      forecast: null,
      plan: null,
      warnings: [
        { code: 'NOT_INSPECTED', detail: expect.stringContaining(`Job ${mezzanine.id}, which delivers the input`) },
      ],
    })
    await stack.client.cancel(mezzanine.id)
    const done = await ended(await submit())
    const { plan, refusal, warnings } = await stack.client.dryRun({ ...request, input: `job:${done.id}/main` })
    expect({ refusal, warnings }).toEqual({ refusal: null, warnings: [] })
    expect(plan!.probe.bytes).toBe(done.outputs[0]!.bytes)
  })

  test('says so when the file is gone, or another one stands there', async () => {
    const one = await ended(await submit())
    const other = await ended(await submit({ outputs: [{ ...TINY, name: 'main', video: { crf: 45 } }] }))
    const [path, otherPath] = [one, other].map(({ outputs }) => join(stack.outputRoot, outputs[0]!.path))
    await rename(otherPath!, path!)
    const { error } = await ended(await submit({ input: `job:${one.id}/main`, maxAttempts: 1 }))
    expect(error).toMatchObject({ code: 'INPUT_NOT_FOUND', detail: expect.stringContaining('something else') })
    await rm(path!)
    const gone = (await ended(await submit({ input: `job:${one.id}/main`, maxAttempts: 1 }))).error
    expect(gone).toMatchObject({
      code: 'INPUT_NOT_FOUND',
      detail: expect.stringContaining(`nothing at ${one.outputs[0]!.path}`),
    })
    expect(JSON.stringify([error, gone])).not.toContain(stack.folder)
  })

  test('does not replace it', async () => {
    const one = await submit({ outputs: [{ ...TINY, name: 'main', path: 'self.mp4' }] })
    const outputs = [{ ...TINY, path: 'self.mp4', onExists: 'replace' as const }]
    const problem = await refused({ input: `job:${one.id}/main`, outputs })
    expect(problem.errors).toEqual([{ pointer: '/outputs/0/path', detail: 'The output path is the input itself.' }])
  })
})

describe('a job that cannot follow', () => {
  test('is refused, and told which field is wrong and why', async () => {
    const there = await submit({
      outputs: [
        { ...TINY, name: 'main' },
        { preset: 'thumbnails', name: 'stream' },
      ],
    })
    const cancelled = await submit({ delayMs: 3_600_000 })
    await stack.client.cancel(cancelled.id)
    const many = (count: number) => Array.from({ length: count }, () => there.id)
    const rows: [object, string, string, RegExp][] = [
      [{ after: NEVER }, 'PREDECESSOR_NOT_FOUND', '/after', /There is no job 01ARZ/],
      [{ after: [there.id, NEVER] }, 'PREDECESSOR_NOT_FOUND', '/after/1', /There is no job/],
      [{ after: '../../etc' }, 'PREDECESSOR_NOT_FOUND', '/after', /There is no job/],
      [{ after: [there.id, cancelled.id] }, 'PREDECESSOR_FAILED', '/after/1', /was cancelled/],
      [{ after: [] }, 'INVALID_REQUEST', '/after', /array of 1 to 16 items; it has 0/],
      [{ after: many(17) }, 'INVALID_REQUEST', '/after', /array of 1 to 16 items; it has 17/],
      [{ after: many(2) }, 'INVALID_REQUEST', '/after/1', /name each job once/],
      [{ after: '' }, 'INVALID_REQUEST', '/after', /1 to 64 characters; it is empty/],
      [{ after: 7 }, 'INVALID_REQUEST', '/after', /must be text .* or an array/],
      [{ after: null }, 'INVALID_REQUEST', '/after', /it is null/],
      [{ input: 'job:' }, 'INVALID_REQUEST', '/input', /job:<id>\/<output>/],
      [{ input: `job:${there.id}` }, 'INVALID_REQUEST', '/input', /job:<id>\/<output>/],
      [{ input: `job:${there.id}/` }, 'INVALID_REQUEST', '/input', /job:<id>\/<output>/],
      [{ input: `job:${there.id}/../main` }, 'INVALID_REQUEST', '/input', /job:<id>\/<output>/],
      [{ input: `JOB:${there.id}/main` }, 'INVALID_REQUEST', '/input', /job:<id>\/<output>/],
      [
        { input: { uri: `job:${there.id}/nope` } },
        'INVALID_REQUEST',
        '/input/uri',
        /no output `nope`; it has main, stream/,
      ],
      [{ input: `job:${there.id}/stream` }, 'NOT_A_REGULAR_FILE', '/input', /is a folder/],
      [{ input: `job:${NEVER}/main` }, 'PREDECESSOR_NOT_FOUND', '/input', /There is no job/],
      [{ input: `job:${cancelled.id}/main` }, 'PREDECESSOR_FAILED', '/input', /was cancelled/],
    ]
    for (const [more, code, pointer, detail] of rows) {
      const { code: told, errors } = await refused(more)
      expect([told, errors[0]!.pointer], JSON.stringify(more)).toEqual([code, pointer])
      expect(errors[0]!.detail).toMatch(detail)
    }
    // A file of such a name is one when its path says so.
    expect((await refused({ input: './job:x.mp4' })).code).not.toBe('INVALID_REQUEST')
  })
})

describe('the command line', () => {
  test('sends jobs behind others, and tells what they wait for', async () => {
    const env = { FFLEET_URL: stack.baseUrl }
    const first = await submit({ delayMs: 3_600_000 })
    const part = first.id.slice(-8)
    const args = ['submit', `job:${part}/main`, '--after', part, '--preset', 'tiny']
    const id = (await cli(args, { env })).stdout.trim()
    expect(await stack.client.get(id)).toMatchObject({ input: { uri: `job:${first.id}/main` }, after: [first.id] })
    const shown = (await cli(['show', id], { env })).stdout
    expect(shown).toMatch(/state +queued, waits for another job/)
    expect(shown).toMatch(new RegExp(`after +${first.id}`))
    expect((await cli(['ls', '--limit', '1'], { env })).stdout).toContain('waits for another job')
    await stack.client.cancel(first.id)
    const { error } = await stack.client.wait(id)
    expect(error).toMatchObject({
      code: 'PREDECESSOR_FAILED',
      detail: `Job ${first.id}, which this one follows, was cancelled.`,
    })
    expect((await cli(['retry', id], { env })).stderr).toContain(`Retry job ${first.id} first`)
  })
})
