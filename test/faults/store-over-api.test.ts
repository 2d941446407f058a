/** A worker that shares no folder with its fleet: inputs, outputs and reports go through the API. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PACED, useFleet } from '../helpers/fleet.js'
import { aFolder } from '../helpers/folder.js'
import { long, some } from '../helpers/long.js'
import type { Part } from '../helpers/stack.js'
import { startTcpProxy, type TcpProxy } from '../helpers/tcp-proxy.js'
import { waitFor } from '../helpers/wait-for.js'

const fleet = useFleet()
let proxy: TcpProxy
beforeAll(async () => {
  proxy = await startTcpProxy({ port: Number(new URL(fleet.stack.baseUrl).port) })
})
afterAll(() => proxy?.close())

async function startShed(env: Record<string, string> = {}): Promise<Part & { data: string }> {
  const data = await aFolder()
  const own = { FFLEET_DATA_DIR: data, FFLEET_MEDIA_ROOT: '', FFLEET_OUTPUT_ROOT: '' }
  return { ...(await fleet.worker({ FFLEET_STORE: 'api', FFLEET_URL: proxy.url, ...own, ...env })), data }
}

async function restartApi(env: Record<string, string> = {}): Promise<void> {
  fleet.stack.api.signal('SIGKILL')
  await fleet.stack.api.ended
  await fleet.stack.startApi(env)
}

test('a job has its input, its output and its report, and leaves nothing behind; its output is an input', async () => {
  const { data } = await startShed()
  const id = await fleet.submit({ outputs: [{ preset: 'tiny', name: 'main' }] })
  expect(await fleet.ended(id)).toMatchObject({ state: 'completed', attempt: 1 })
  const { client } = fleet.stack
  const output = await client.output(id, 'main')
  expect((await output.arrayBuffer()).byteLength).toBe((await fleet.get(id)).outputs[0]!.bytes)
  const { attempts, input } = await client.report(id)
  expect(attempts).toMatchObject([{ outcome: 'completed', sources: [{ uri: 'in.mp4' }] }])
  expect(attempts[0]!.passes[0]!.argv).toContain('-progress')
  expect(input).not.toBeNull()
  expect(await client.log(id)).toMatch(/ffmpeg version|Stream/)
  const next = await fleet.submit({ input: `job:${id}/main` })
  expect(await fleet.ended(next)).toMatchObject({ state: 'completed', attempt: 1 })
  expect(await readdir(join(data, 'unsent-reports'))).toEqual([])
})

long('a folder is published whole, and what the input lacks is told as ever', async () => {
  await startShed()
  const id = await fleet.submit({ outputs: [{ preset: 'thumbnails', name: 'thumbs', path: 'thumbs' }] })
  expect(await fleet.ended(id)).toMatchObject({ state: 'completed' })
  const { items } = (await (await fetch(`${fleet.stack.baseUrl}/v1/jobs/${id}/outputs/thumbs`)).json()) as {
    items: { path: string }[]
  }
  expect(items.length).toBeGreaterThan(1)
  const none = await fleet.submit({ input: 'none.mp4' }).catch((error) => error)
  expect(none).toMatchObject({ code: 'INPUT_NOT_FOUND' })
})

test('parts of a film are made by another one that sees nothing of ours, and none is left at the API on its way', async () => {
  const fault = fleet.fault(/^before rename .*\/1\/part-0\.mp4 -> /, 'hold')
  await startShed(fault.env)
  const id = await fleet.submit({ input: 'long.mp4', outputs: [{ preset: 'tiny', split: { segmentMs: 2_000 } }] })
  await waitFor(async () => expect(fault.reached()).toBe(true))
  await startShed()
  const passes = async () => (await fleet.stack.client.report(id)).attempts.flatMap((attempt) => attempt.passes)
  await waitFor(async () => expect((await passes()).filter((pass) => pass.worker !== undefined)).toHaveLength(2))
  await fault.release()
  expect(await fleet.ended(id)).toMatchObject({ state: 'completed', attempt: 1, warnings: [] })
  expect((await passes()).map(({ label }) => label).sort()).toEqual(['join', ...[1, 2, 3].map((n) => `part ${n} of 3`)])
  const left = await readdir(join(fleet.stack.outputRoot, '.ffleet'))
  expect(left.filter((name) => name.startsWith('part-'))).toEqual([])
})

test('a ladder that was to be played while it is encoded is made, and a warning says why it was not', async () => {
  await startShed()
  const ladder = { rungs: [{ height: 80 }], segmentMs: 1_000, playable: 'while-encoding' as const }
  const id = await fleet.submit({ outputs: [{ preset: 'hls', name: 'film', ladder }] })
  const job = await fleet.ended(id)
  expect(job).toMatchObject({
    state: 'completed',
    outputs: [{ playable: null, warnings: [{ code: 'NOT_PLAYABLE_EARLY' }] }],
    warnings: [{ code: 'NOT_PLAYABLE_EARLY', output: 'film' }],
  })
  expect((await fleet.events(id)).some(({ type }) => type === 'output.playable')).toBe(false)
  const early = await fetch(`${fleet.stack.baseUrl}/v1/jobs/${id}/early/1/film/master.m3u8`)
  expect([early.status, ((await early.json()) as { code: string }).code]).toEqual([410, 'OUTPUT_WITHDRAWN'])
  expect((await fetch(`${fleet.stack.baseUrl}/v1/jobs/${id}/outputs/film/master.m3u8`)).status).toBe(200)
})

describe('the API', () => {
  test('is away while it encodes, and for a while after: the job ends with its first attempt', async () => {
    await startShed(PACED)
    const id = await fleet.submit()
    await fleet.phase(id, 'encoding')
    proxy.refuse()
    proxy.cut()
    await fleet.phase(id, 'publishing')
    proxy.accept()
    expect(await fleet.ended(id)).toMatchObject({ state: 'completed', attempt: 1 })
    expect((await fleet.stack.client.report(id)).attempts).toMatchObject([{ outcome: 'completed' }])
  })

  const DEATHS: [string, RegExp][] = [
    ['puts the output in its place', /^before (link|rename) .*out-0\.mp4/],
    ['hashes what it was sent', /^after sync .*out-0\.mp4$/],
  ]
  test.each(some(DEATHS, 2))('dies as it %s', async (_, at) => {
    const fault = fleet.fault(at, 'kill')
    await restartApi({ ...fault.env, TEST_FAULT: fault.env.TEST_FAULT!.replace('{', '{"in":"api",') })
    await startShed()
    const id = await fleet.submit()
    await waitFor(() => expect(fault.reached()).toBe(true))
    await restartApi()
    expect(await fleet.ended(id)).toMatchObject({ state: 'completed', attempt: 1 })
  })
})

test('a worker that dies after the decision leaves the output to another one, which only has it placed', async () => {
  const fault = fleet.fault(/^before (link|rename) .*out-0\.mp4/, 'hold')
  await restartApi({ ...fault.env, TEST_FAULT: fault.env.TEST_FAULT!.replace('{', '{"in":"api",') })
  const first = await startShed()
  const id = await fleet.submit()
  await waitFor(() => expect(fault.reached()).toBe(true))
  first.signal('SIGKILL')
  await first.ended
  await fault.release()
  await startShed()
  expect(await fleet.ended(id)).toMatchObject({ state: 'completed' })
  const { attempts } = await fleet.stack.client.report(id)
  expect(attempts.flatMap(({ passes }) => passes)).toHaveLength(1)
  await restartApi()
})
