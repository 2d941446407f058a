/** Watch links that were revoked, on two APIs of one fleet. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FfleetClient } from '../../src/client/index.js'
import { submit } from '../helpers/api-answers.js'
import { startApi, type TestApi } from '../helpers/api-server.js'
import { cli } from '../helpers/cli.js'
import { startScriptedWorker, talking } from '../helpers/scripted-worker.js'

let api: TestApi
let other: TestApi
beforeAll(async () => {
  api = await startApi()
  other = await startApi({ redisUrl: api.redisUrl })
})
afterAll(async () => {
  await other?.close()
  await api?.close()
})

const client = () => new FfleetClient({ baseUrl: api.url })
const statusOf = async (url: string) => {
  const response = await fetch(url, { headers: { accept: 'text/event-stream' } })
  await response.body?.cancel()
  return response.status
}

describe('revoking the watch links of a job', () => {
  it('voids them everywhere at once, ends their streams, and leaves those of others and of the job alone', async () => {
    const job = await submit(api.url, { delayMs: 3_600_000 })
    const bystander = await submit(api.url, { delayMs: 3_600_000 })
    const open = [api.url + job.links.watch, other.url + job.links.watch].map(async (url) => (await fetch(url)).text())
    const stop = new AbortController()
    const left = [api.url + bystander.links.watch, api.url + job.links.events].map((url) =>
      fetch(url, { signal: stop.signal }),
    )
    const stillOpen = (await Promise.all(left)).map(({ body }) => body!.getReader())
    for (const reader of stillOpen) await reader.read()

    const { links } = await client().revokeWatchLinks(job.id)
    expect(links.watch).not.toBe(job.links.watch)
    for (const at of [api, other]) {
      expect([await statusOf(at.url + job.links.watch), await statusOf(at.url + links.watch)]).toEqual([401, 200])
    }
    // Each ends: at the other API when that has looked.
    for (const text of await Promise.all(open)) expect(text).toContain('event: job.queued')
    stop.abort()
    for (const reader of stillOpen) await expect(reader.read()).rejects.toThrow('abort')

    expect((await client().get(job.id)).links.watch).toBe(links.watch)
    await expect
      .poll(async () => (await new FfleetClient({ baseUrl: other.url }).get(job.id)).links.watch)
      .toBe(links.watch)
    expect(await statusOf(api.url + bystander.links.watch)).toBe(200)
  })

  it('works for a job that has ended, whose last event carries the new link; and again', async () => {
    const worker = await startScriptedWorker(api.redisUrl)
    worker.work(talking(3))
    const job = await submit(api.url)
    const ended = await client().wait(job.id)
    await worker.close()
    const first = await client().revokeWatchLinks(job.id)
    const { stdout, code } = await cli(['unshare', job.id, '--json'], { env: { FFLEET_URL: api.url } })
    expect(code).toBe(0)
    const second = JSON.parse(stdout) as typeof first
    const links = [ended, first, second].map((each) => api.url + each.links.watch)
    expect(new Set(links).size).toBe(3)
    expect(await Promise.all(links.map(statusOf))).toEqual([401, 401, 200])
    const events = await (await fetch(api.url + job.links.events)).text()
    expect(events).toContain(second.links.watch)
    await client().remove(job.id)
    await expect(client().revokeWatchLinks(job.id)).rejects.toMatchObject({ status: 404 })
  })
})
