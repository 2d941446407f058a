import { writeFile } from 'node:fs/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { FfleetClient, type LogPage, type LogQuery } from '../../src/client/index.js'
import type { Job, Problem } from '../../src/contract/index.js'
import { ask, submit } from '../helpers/api-answers.js'
import { startApi, type TestApi } from '../helpers/api-server.js'
import { type ScriptedWorker, startScriptedWorker, talking } from '../helpers/scripted-worker.js'
import { waitFor } from '../helpers/wait-for.js'

let api: TestApi
let worker: ScriptedWorker
beforeAll(async () => {
  api = await startApi()
  worker = await startScriptedWorker(api.redisUrl)
})
afterEach(() => worker.rest())
afterAll(async () => {
  await worker.close()
  await api.close()
})

type Query = Record<string, string | number>
const linesUrl = (id: string, query: Query = {}) =>
  `${api.url}/v1/jobs/${id}/log/lines?${new URLSearchParams(query as Record<string, string>)}`
const lines = async (id: string, query?: Query) => (await ask<LogPage>(linesUrl(id, query), 'LogPage')).body
const problem = async (id: string, query?: Query) => (await ask<Problem>(linesUrl(id, query), null)).body
const reaches = (id: string, state: string) =>
  waitFor(async () => {
    const { body } = await ask<Job>(`${api.url}/v1/jobs/${id}`, 'Job')
    expect(body.state).toBe(state)
  })
const write = async (id: string, attempt: number, log: string) =>
  writeFile(await api.storage.reports.logPath(id, attempt), log)

describe('the log of a job by lines', () => {
  let id: string
  beforeAll(async () => {
    id = (await submit(api.url)).id
    worker.work(talking(1))
    await reaches(id, 'completed')
    await write(id, 1, '[info] one\r\n[error] twö\n[libx264 @ 0x1] [warning] three')
    await write(id, 2, '[info] again\n')
  })

  it('is the end of the newest one, or of the one asked for', async () => {
    expect(await lines(id)).toEqual({
      attempt: 2,
      bytes: 13,
      items: [{ at: 0, level: 'info', text: 'again' }],
      previous: null,
      next: null,
    })
    expect(await lines(id, { attempt: 1, limit: 2 })).toEqual({
      attempt: 1,
      bytes: 56,
      items: [
        { at: 12, level: 'error', text: 'twö' },
        { at: 25, level: 'warning', text: '[libx264 @ 0x1] three' },
      ],
      previous: 12,
      next: null,
    })
  })

  it('goes on from where a page says, to lines that fit', async () => {
    const texts = async (query: LogQuery) => {
      const { items } = await new FfleetClient({ baseUrl: api.url }).logLines(id, { attempt: 1, ...query })
      return items.map(({ text }) => text)
    }
    expect(await texts({ before: 12 })).toEqual(['one'])
    expect(await texts({ after: 12, limit: 1 })).toEqual(['twö'])
    expect(await texts({ search: 'TWÖ' })).toEqual(['twö'])
    expect(await texts({ level: 'warning' })).toEqual(['twö', '[libx264 @ 0x1] three'])
  })

  it.each([
    [{ before: -1 }, 'INVALID_REQUEST'],
    [{ after: 1.5 }, 'INVALID_REQUEST'],
    [{ after: 'end' }, 'INVALID_REQUEST'],
    [{ before: '99999999999999999999' }, 'INVALID_REQUEST'],
    [{ before: 5, after: 5 }, 'INVALID_REQUEST'],
    [{ limit: 0 }, 'INVALID_REQUEST'],
    [{ limit: 1_001 }, 'INVALID_REQUEST'],
    [{ level: 'bad' }, 'INVALID_REQUEST'],
    [{ search: '' }, 'INVALID_REQUEST'],
    [{ search: 'x'.repeat(257) }, 'INVALID_REQUEST'],
    [{ attempt: 3 }, 'NOT_FOUND'],
  ])('refuses %j', async (query, code) => {
    expect((await problem(id, query)).code).toBe(code)
  })

  it('behind the end are none', async () => {
    expect(await lines(id, { after: 1e9 })).toMatchObject({ items: [], previous: 13, next: null })
    expect((await lines(id, { before: 1e9 })).items).toHaveLength(1)
  })

  it('keeps its last line back while the attempt runs, and tells where to go on', async () => {
    const running = (await submit(api.url)).id
    let end = () => {}
    const ended = new Promise<void>((resolve) => {
      end = resolve
    })
    worker.work(talking(1, () => ended))
    await reaches(running, 'active')
    await write(running, 1, '[info] whole\n[info] ha')
    const page = await lines(running)
    expect(page).toMatchObject({ bytes: 22, items: [{ text: 'whole' }], previous: null, next: 13 })
    expect(await lines(running, { after: page.next! })).toMatchObject({ items: [], previous: 13, next: 13 })
    end()
    await reaches(running, 'completed')
    expect(await lines(running, { after: 13 })).toMatchObject({ items: [{ text: 'ha' }], next: null })
  })

  it('goes with the job', async () => {
    const removed = (await submit(api.url)).id
    worker.work(talking(1))
    await reaches(removed, 'completed')
    expect((await problem(removed)).detail).toBe('The job has no log yet.')
    await write(removed, 1, 'line\n')
    expect((await lines(removed)).items).toHaveLength(1)
    await fetch(`${api.url}/v1/jobs/${removed}`, { method: 'DELETE' })
    expect((await problem(removed)).code).toBe('NOT_FOUND')
  })
})
