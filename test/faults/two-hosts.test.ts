/** A fleet of several hosts: the API, Redis and a worker here, workers on others, with folders of their own. */
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { PACED, useFleet } from '../helpers/fleet.js'
import { aFolder } from '../helpers/folder.js'
import { long } from '../helpers/long.js'
import { addHost, canHaveHosts, type OtherHost } from '../helpers/other-host.js'
import { freePort, type Part } from '../helpers/stack.js'
import { startTcpProxy, type TcpProxy } from '../helpers/tcp-proxy.js'

const port = await freePort()
let studio: OtherHost
let shed: OtherHost
const ADDRESSES = ['10.213.7.1', '10.213.8.1']

describe.skipIf(!canHaveHosts)('a fleet of several hosts', () => {
  // Before the fleet, whose Redis listens on the cable.
  beforeAll(() => {
    studio = addHost('studio')
    shed = addHost('shed', 1)
  })
  const fleet = useFleet({
    redis: { args: ['--port', String(port), '--bind', ...ADDRESSES, '--protected-mode', 'no'] },
  })
  afterAll(() => {
    studio?.remove()
    shed?.remove()
  })
  afterEach(() => studio.plugIn())

  /** The folders as they stand on the other host, which mounts nothing of ours by itself. */
  async function foldersThere() {
    const there = { media: join(fleet.stack.folder, 'there-media'), outputs: join(fleet.stack.folder, 'there-outputs') }
    for (const path of Object.values(there)) await mkdir(path, { recursive: true })
    const env = { FFLEET_MEDIA_ROOT: there.media, FFLEET_OUTPUT_ROOT: there.outputs }
    const mounts = { [there.media]: fleet.stack.mediaRoot, [there.outputs]: fleet.stack.outputRoot }
    return { env, mounts }
  }

  const onStudio = async (env: Record<string, string> = {}, given?: Record<string, string>): Promise<Part> => {
    const { env: folders, mounts } = await foldersThere()
    const redisUrl = `redis://${studio.ourAddress}:${port}`
    const command = studio.command(given ?? mounts)
    return fleet.worker({ FFLEET_REDIS_URL: redisUrl, ...folders, ...env }, command)
  }

  async function restartApi(env: Record<string, string> = {}): Promise<void> {
    fleet.stack.api.signal('SIGTERM')
    await fleet.stack.api.ended
    await fleet.stack.startApi(env)
  }

  long('a worker there that mounted nothing does not start, and names the folder', async () => {
    await restartApi()
    const id = await fleet.submit()
    await expect(onStudio({}, {})).rejects.toThrow(/FFLEET_OUTPUT_ROOT is .*it takes the output root that the API on/)
    fleet.stack.workers.pop()
    await fleet.worker()
    expect(await fleet.ended(id)).toMatchObject({ state: 'completed', attempt: 1 })
  })

  test('a worker there that sees the folders elsewhere works, and its reports and outputs are found here', async () => {
    await restartApi()
    await onStudio()
    const id = await fleet.submit()
    expect(await fleet.ended(id)).toMatchObject({ state: 'completed', attempt: 1 })
    const [attempt] = (await fleet.stack.client.report(id)).attempts
    expect(attempt).toMatchObject({ host: 'studio', outcome: 'completed' })
    const { bytes } = await fleet.stack.client.output(id, 'tiny')
    expect(bytes).toBe((await fleet.get(id)).outputs[0]!.bytes)
  })

  long('its data folder may be its own: the API says where reports are', async () => {
    await restartApi()
    const own = join(fleet.stack.folder, 'studio-data')
    await mkdir(own)
    await onStudio({ FFLEET_DATA_DIR: own })
    const id = await fleet.submit()
    expect(await fleet.ended(id)).toMatchObject({ state: 'completed' })
    const refused = (await fleet.stack.client.report(id).catch((error: unknown) => error)) as Error
    expect(refused.message).toMatch(/^Worker w-\w+ on studio reports into a data folder that this API does not share/)
    await rm(own, { recursive: true })
  })

  test('a worker there that does not see a part of the media takes no more, once others have found what it missed', async () => {
    // A share of its own below the media root that is not mounted there.
    await mkdir(join(fleet.stack.mediaRoot, 'shows'))
    for (let i = 0; i < 5; i++)
      await copyFile(join(fleet.stack.mediaRoot, 'in.mp4'), join(fleet.stack.mediaRoot, `shows/${i}.mp4`))
    // Slow to try again, which is for the API to say.
    await restartApi({ FFLEET_BACKOFF_MS: '500' })
    const empty = join(fleet.stack.folder, 'not-mounted')
    await mkdir(empty)
    const { mounts } = await foldersThere()
    const media = Object.keys(mounts).find((path) => path.endsWith('media'))!
    const blind = await onStudio({}, { ...mounts, [join(media, 'shows')]: empty })
    const ids = await Promise.all(
      Array.from({ length: 5 }, (_, i) => fleet.submit({ input: `shows/${i}.mp4`, maxAttempts: 10 })),
    )
    for (const id of ids) {
      const event = await fleet.told(id, (told) => told.type === 'attempt.failed')
      expect(event).toMatchObject({ error: { code: 'INPUT_NOT_FOUND', detail: expect.stringContaining('on studio') } })
    }
    // Studio has missed all jobs by now. Which of two takes a job is chance, and each time that it is studio the wait doubles.
    blind.signal('SIGSTOP')
    await fleet.worker()
    for (const id of ids)
      expect(await fleet.stack.client.wait(id, { timeoutMs: 120_000 })).toMatchObject({ state: 'completed' })
    blind.signal('SIGCONT')
    const states = async () =>
      Object.fromEntries((await fleet.stack.client.workers()).map(({ host, state }) => [host, state]))
    await expect.poll(states, { timeout: 20_000 }).toMatchObject({ studio: 'unhealthy', [hostname()]: 'running' })
    await rm(join(fleet.stack.mediaRoot, 'shows'), { recursive: true })
  }, 240_000)

  test('of hosts that share nothing with the API each runs a job; one is cut off, and its job ends once, on the other', async () => {
    await restartApi()
    const apiPort = Number(new URL(fleet.stack.baseUrl).port)
    const nothing = join(fleet.stack.folder, 'nothing')
    await mkdir(nothing)
    const { mediaRoot, outputRoot, dataDir } = fleet.stack
    // None of our folders is to be seen there.
    const hidden = Object.fromEntries([mediaRoot, outputRoot, dataDir].map((path) => [path, nothing]))
    const proxies: TcpProxy[] = []
    const workOn = async (host: OtherHost) => {
      const proxy = await startTcpProxy({ port: apiPort }, host.ourAddress)
      proxies.push(proxy)
      // Without keys the API answers to no other name.
      const names = join(await aFolder(), 'hosts')
      await writeFile(names, `${host.ourAddress} localhost\n`)
      const folders = { FFLEET_DATA_DIR: await aFolder(), FFLEET_MEDIA_ROOT: '', FFLEET_OUTPUT_ROOT: '' }
      const store = { FFLEET_STORE: 'api', FFLEET_URL: `http://localhost:${proxy.port}`, ...folders }
      const redis = { FFLEET_REDIS_URL: `redis://${host.ourAddress}:${port}` }
      return fleet.worker({ ...PACED, ...redis, ...store }, host.command({ ...hidden, '/etc/hosts': names }))
    }
    const cutOff = await workOn(studio)
    await workOn(shed)
    const ids = [await fleet.submit({ input: 'long.mp4' }), await fleet.submit({ input: 'long.mp4' })]
    const begun = ids.map((id) =>
      fleet.told(id, (event) => event.type === 'progress' && (event.progress.percent ?? 0) > 0),
    )
    await Promise.all(begun)
    const { id: away } = (await fleet.stack.client.workers()).find(({ host }) => host === 'studio')!
    const jobs = await Promise.all(ids.map((id) => fleet.get(id)))
    const { id: lost } = jobs.find(({ worker }) => worker === away)!
    const { id: own } = jobs.find(({ worker }) => worker !== away)!
    studio.unplug()
    expect(await fleet.ended(own)).toMatchObject({ state: 'completed', attempt: 1 })
    const job = await fleet.ended(lost)
    expect(job).toMatchObject({ state: 'completed', attempt: 2 })
    studio.plugIn()
    const hosts = async () => (await fleet.stack.client.workers()).map(({ host }) => host).sort()
    await expect.poll(hosts, { timeout: 30_000 }).toEqual(['shed', 'studio'])
    // What it has to tell of its attempt comes late, and changes nothing of the other one.
    const told = async () =>
      (await fleet.stack.client.report(lost)).attempts.map(({ host, outcome }) => [host, outcome])
    await expect.poll(told, { timeout: 60_000 }).toEqual([
      ['studio', 'lost'],
      ['shed', 'completed'],
    ])
    cutOff.signal('SIGTERM')
    expect(await cutOff.ended).toEqual({ code: 0, signal: null })
    const { bytes } = await fleet.stack.client.output(lost, 'tiny')
    expect([bytes, (await fleet.get(lost)).outputs[0]!.sha256]).toEqual([job.outputs[0]!.bytes, job.outputs[0]!.sha256])
    for (const proxy of proxies) await proxy.close()
  }, 240_000)

  test('a job whose host is cut off goes on here, and ends once; back again that host counts no more', async () => {
    await restartApi()
    const cutOff = await onStudio(PACED)
    const id = await fleet.submit({ input: 'long.mp4' })
    await fleet.told(id, (event) => event.type === 'progress' && (event.progress.percent ?? 0) > 0)
    studio.unplug()
    await fleet.worker()
    expect(await fleet.ended(id)).toMatchObject({ state: 'completed', attempt: 2 })
    const lost = (await fleet.events(id)).find((event) => event.type === 'attempt.failed')
    expect(lost).toMatchObject({ attempt: 1, error: { code: 'WORKER_LOST' } })
    studio.plugIn()
    await expect
      .poll(async () => (await fleet.stack.client.workers()).map(({ host }) => host), { timeout: 30_000 })
      .toContain('studio')
    cutOff.signal('SIGTERM')
    expect(await cutOff.ended).toEqual({ code: 0, signal: null })
  })
})
