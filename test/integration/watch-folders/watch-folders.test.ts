/** Files as they land in folders, with a real API behind a real Redis. No job runs, unless a test says how it ended. */
import { type ChildProcess, spawn } from 'node:child_process'
import { appendFile, link, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { addKey, setQuotas } from '../../../src/callers/index.js'
import { FfleetClient } from '../../../src/client/index.js'
import type { WatchedFile, WatchRule } from '../../../src/contract/index.js'
import { createLog } from '../../../src/log/index.js'
import { SHIPPED_PRESETS } from '../../../src/presets/index.js'
import { createWatcherQueue } from '../../../src/queue/index.js'
import { FolderWatch } from '../../../src/watch-folders/index.js'
import { startApi, type TestApi } from '../../helpers/api-server.js'
import { aJobError } from '../../helpers/jobs.js'
import { type AttemptScript, type ScriptedWorker, startScriptedWorker } from '../../helpers/scripted-worker.js'
import { waitFor } from '../../helpers/wait-for.js'

const SETTLE_MS = 1_000
const films: WatchRule = { name: 'films', folder: 'in', preset: 'h264-360p', settleMs: SETTLE_MS }

let api: TestApi
let client: FfleetClient
const watching: FolderWatch[] = []
const children: ChildProcess[] = []
const workers: ScriptedWorker[] = []
beforeEach(async () => {
  api = await startApi()
  client = new FfleetClient(api.url)
  await mkdir(join(api.mediaRoot, 'in'))
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await Promise.all(workers.splice(0).map((worker) => worker.close()))
  await Promise.all(watching.splice(0).map((watch) => watch.stop()))
  await api.close()
})

type Watched = { rescanMs?: number; of?: TestApi; apiKey?: string; client?: Pick<FfleetClient, 'submit' | 'dryRun'> }

async function watch(
  rules: WatchRule[],
  { rescanMs = 60_000, of = api, apiKey, ...given }: Watched = {},
): Promise<FolderWatch> {
  const queue = await createWatcherQueue({ redis: of.redisUrl })
  const client =
    given.client ?? new FfleetClient({ baseUrl: of.url, retry: { attempts: 1 }, ...(apiKey && { apiKey }) })
  const presets = new Map(SHIPPED_PRESETS.map((preset) => [preset.name, preset]))
  const log = createLog({ logLevel: 'silent' })
  const started = new FolderWatch({ mediaRoot: of.mediaRoot, rules, queue, client, presets, rescanMs, log })
  started.start()
  watching.push(started)
  return started
}

const place = (path: string) => join(api.mediaRoot, path)
const put = (path: string, text = 'a film') => writeFile(place(path), text)
async function fileOf(path: string): Promise<WatchedFile> {
  const { items } = await client.watchedFiles({ limit: 1_000 })
  const file = items.find((each) => each.path === path)
  if (!file) throw new Error(`${path} is not known`)
  return file
}
const becomes = (path: string, expected: Partial<WatchedFile>) =>
  waitFor(async () => expect(await fileOf(path)).toMatchObject(expected))
const inputs = async () => {
  const found: string[] = []
  for await (const job of client.list()) found.push(job.input.uri)
  return found.sort()
}
async function work(script: AttemptScript = async () => ({ kind: 'completed' }), of = api): Promise<ScriptedWorker> {
  const worker = await startScriptedWorker(of.redisUrl)
  workers.push(worker)
  worker.work(script)
  return worker
}

describe('a file that lands in a folder', () => {
  it('becomes one job by its rule, and is listed with it', async () => {
    await watch([{ ...films, tags: { from: 'studio' }, priority: 7 }])
    await put('in/a.mov')
    await becomes('in/a.mov', { state: 'submitted', rule: 'films' })
    const job = await client.get((await fileOf('in/a.mov')).job!)
    expect(job).toMatchObject({
      input: { uri: 'in/a.mov' },
      priority: 7,
      tags: { from: 'studio', 'watch-folder': 'films' },
      outputs: [{ preset: 'h264-360p', path: 'in/a.mp4' }],
    })
    const [folder] = await client.watchFolders()
    expect(folder).toMatchObject({ rule: { name: 'films' }, counts: { submitted: 1 }, isWatched: true, fault: null })
    await work()
    await becomes('in/a.mov', { state: 'done', reason: null })
    expect(await inputs()).toEqual(['in/a.mov'])
  })

  it('waits while it is copied slowly, and while somebody who has paused holds it open', async () => {
    await watch([films])
    const writer = spawn('sh', [
      '-c',
      `exec 3>"$0"; for i in 1 2 3 4; do echo more >&3; sleep 0.4; done; read _`,
      place('in/slow.mov'),
    ])
    children.push(writer)
    await becomes('in/slow.mov', { state: 'settling' })
    // It stays the same for longer than it has to: only who holds it tells that it is not whole.
    await becomes('in/slow.mov', { state: 'being-written', bytes: 20, job: null })
    const held = await fileOf('in/slow.mov')
    await waitFor(async () =>
      expect(Date.now() - Date.parse((await fileOf('in/slow.mov')).since)).toBeGreaterThan(SETTLE_MS),
    )
    expect(await fileOf('in/slow.mov')).toMatchObject({ state: 'being-written', since: held.since })
    writer.stdin!.end('\n')
    await becomes('in/slow.mov', { state: 'submitted', bytes: 20 })
    expect(await inputs()).toEqual(['in/slow.mov'])
  })

  it('counts once it has its last name, and once under however many it has', async () => {
    await watch([films])
    await put('in/a.mov.part')
    await becomes('in/a.mov.part', { state: 'ignored', reason: expect.stringContaining('`.part`') })
    await rename(place('in/a.mov.part'), place('in/a.mov'))
    await becomes('in/a.mov', { state: 'submitted' })
    const { job } = await fileOf('in/a.mov')
    await rename(place('in/a.mov'), place('in/b.mov'))
    await becomes('in/b.mov', { state: 'submitted', job })
    await expect(fileOf('in/a.mov')).rejects.toThrow('is not known')
    await link(place('in/b.mov'), place('in/c.mov'))
    await becomes('in/c.mov', { state: 'skipped', reason: 'It is another name of in/b.mov.' })
    expect(await inputs()).toEqual(['in/a.mov'])
  })

  it('is a new one when it has changed', async () => {
    const { preset: _, ...rule } = films
    await watch([{ ...rule, outputs: [{ preset: 'h264-360p', onExists: 'rename' }] }])
    await put('in/a.mov', 'one')
    await becomes('in/a.mov', { state: 'submitted' })
    const { job: first } = await fileOf('in/a.mov')
    await put('in/a.mov', 'three')
    await becomes('in/a.mov', { state: 'submitted', job: expect.not.stringMatching(first!), bytes: 5 })
    expect(await inputs()).toEqual(['in/a.mov', 'in/a.mov'])
  })

  it('is seen without any word of the system, as from the network, and in folders that come later', async () => {
    await watch([{ ...films, recursive: true }], { rescanMs: 1_000 })
    await becomesKnown()
    await mkdir(place('in/2026/11'), { recursive: true })
    await put('in/2026/11/a.mov')
    await becomes('in/2026/11/a.mov', { state: 'submitted' })
    expect((await client.get((await fileOf('in/2026/11/a.mov')).job!)).outputs[0]!.path).toBe('in/2026/11/a.mp4')
  })

  it('has the first of two rules, which the list says', async () => {
    const rest: WatchRule = { ...films, name: 'rest', include: ['*'], preset: 'mp3-192k' }
    await watch([films, rest])
    await put('in/a.mov')
    await put('in/a.txt')
    await becomes('in/a.mov', { state: 'submitted', rule: 'films', alsoTakenBy: ['rest'] })
    await becomes('in/a.txt', { state: 'submitted', rule: 'rest', alsoTakenBy: [] })
    expect(await inputs()).toEqual(['in/a.mov', 'in/a.txt'])
  })
})

const becomesKnown = () => waitFor(async () => expect((await client.watchFolders()).length).toBeGreaterThan(0))

describe('why a file has no job', () => {
  it('is listed by rule and state, page by page, newest first', async () => {
    await Promise.all(Array.from({ length: 25 }, (_, i) => put(`in/${i}.txt`)))
    await put('in/a.mov')
    await watch([films])
    await becomes('in/a.mov', { state: 'submitted' })
    const seen: WatchedFile[] = []
    let cursor: string | undefined
    do {
      const page = await client.watchedFiles({ state: 'ignored', rule: 'films', limit: 10, cursor })
      seen.push(...page.items)
      cursor = page.nextCursor ?? undefined
    } while (cursor)
    expect(new Set(seen.map(({ path }) => path)).size).toBe(25)
    expect(seen).toHaveLength(25)
    expect(seen[0]).toMatchObject({
      state: 'ignored',
      reason: expect.stringContaining('none of video or audio'),
      job: null,
    })
    expect((await client.watchedFiles({ rule: 'none' })).items).toEqual([])
    await expect(client.watchedFiles({ cursor: 'x' })).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
  })

  it('is the refusal of the API, without a path of the host', async () => {
    await put('in/a.mov')
    await put('in/a.mp4')
    await mkdir(join(api.outputRoot, 'in'), { recursive: true })
    await watch([films])
    await waitFor(async () => {
      const states = await Promise.all(['in/a.mov', 'in/a.mp4'].map(fileOf))
      expect(states.map(({ state, code }) => [state, code]).sort()).toEqual([
        ['failed', 'OUTPUT_EXISTS'],
        ['submitted', null],
      ])
    })
    expect(JSON.stringify(await client.watchedFiles())).not.toContain(api.folder)
    expect(JSON.stringify(await client.watchFolders())).not.toContain(api.folder)
  })

  it('is the code of its job, until that is retried', async () => {
    const worker = await work(async (attempt) => {
      await attempt.fail(aJobError('NOT_MEDIA'), false)
      return { kind: 'failed', code: 'NOT_MEDIA', retry: false }
    })
    await watch([films], { rescanMs: 1_000 })
    await put('in/a.mov')
    await becomes('in/a.mov', { state: 'failed', code: 'NOT_MEDIA' })
    await worker.rest()
    await client.retry((await fileOf('in/a.mov')).job!)
    await becomes('in/a.mov', { state: 'submitted', code: null })
    await work()
    await becomes('in/a.mov', { state: 'done' })
  })

  it('is told of a folder that is gone, and the others go on', async () => {
    await mkdir(place('other'))
    await watch([films, { ...films, name: 'other', folder: 'other' }], { rescanMs: 1_000 })
    await becomesKnown()
    await rm(place('in'), { recursive: true })
    await waitFor(async () => {
      const [gone, other] = await client.watchFolders()
      expect(gone!.fault).toBe('The folder in cannot be read (ENOENT).')
      expect(other!.fault).toBeNull()
    })
    await put('other/a.mov')
    await becomes('other/a.mov', { state: 'submitted' })
  })
})

describe('once its job has completed, an input', () => {
  it('is moved, beside what stands there, and not before', async () => {
    await mkdir(place('done/deep'), { recursive: true })
    await put('done/deep/a.mov', 'of somebody else')
    await mkdir(place('in/deep'))
    await watch([{ ...films, recursive: true, afterwards: 'move', moveTo: 'done' }])
    await put('in/deep/a.mov')
    await becomes('in/deep/a.mov', { state: 'submitted' })
    expect(await readdir(place('in/deep'))).toEqual(['a.mov'])
    await work()
    await becomes('in/deep/a.mov', { state: 'done', reason: 'It was moved to done/deep/a-2.mov.' })
    expect(await readdir(place('in/deep'))).toEqual([])
    expect(await readFile(place('done/deep/a.mov'), 'utf8')).toBe('of somebody else')
    expect(await readFile(place('done/deep/a-2.mov'), 'utf8')).toBe('a film')
  })

  it('is deleted, but not when it has changed meanwhile, and not when the job failed', async () => {
    await watch([{ ...films, afterwards: 'delete' }])
    await Promise.all(['in/a.mov', 'in/b.mov', 'in/bad.mov'].map((path) => put(path)))
    for (const path of ['in/a.mov', 'in/b.mov', 'in/bad.mov']) await becomes(path, { state: 'submitted' })
    const { job } = await fileOf('in/bad.mov')
    // In the same moment as its job ends, or so it could be: nobody has looked at it again.
    await watching.splice(0)[0]!.stop()
    await appendFile(place('in/b.mov'), ' more')
    await work(async (attempt, run) => {
      if (run.jobId !== job) return { kind: 'completed' }
      await attempt.fail(aJobError('ENCODER_FAILED'), false)
      return { kind: 'failed', code: 'ENCODER_FAILED', retry: false }
    })
    await waitFor(async () => expect((await client.queue()).counts).toMatchObject({ completed: 2, failed: 1 }))
    await watch([{ ...films, afterwards: 'delete' }])
    await becomes('in/a.mov', { state: 'done', reason: 'It was deleted.' })
    await becomes('in/bad.mov', { state: 'failed', code: 'ENCODER_FAILED' })
    expect((await readdir(place('in'))).sort()).toEqual(['b.mov', 'bad.mov'])
  })
})

describe('what holds submissions up', () => {
  it('is waited out: a quota that is used up, until jobs have ended', async () => {
    const keyFile = join(api.folder, 'keys.json')
    const shop = await addKey(keyFile, { name: 'shop', role: 'submit', tenant: 'shop' })
    const boss = await addKey(keyFile, { name: 'boss', role: 'admin', tenant: null })
    await setQuotas(keyFile, 'shop', { queued: 2 })
    const limited = await startApi({ keyFile })
    try {
      await mkdir(join(limited.mediaRoot, 'shop/in'), { recursive: true })
      for (const n of [1, 2, 3, 4, 5]) await writeFile(join(limited.mediaRoot, `shop/in/${n}.mov`), 'a film')
      await watch([{ ...films, folder: 'shop/in' }], { of: limited, apiKey: shop.key })
      const all = new FfleetClient({ baseUrl: limited.url, apiKey: boss.key })
      const counts = async () => (await all.watchFolders())[0]?.counts
      await waitFor(async () => expect(await counts()).toEqual({ submitted: 2, waiting: 3 }))
      const [file] = (await all.watchedFiles({ state: 'waiting', limit: 1 })).items
      expect(file!.reason).toContain('QUOTA_EXCEEDED')
      await expect(new FfleetClient({ baseUrl: limited.url, apiKey: shop.key }).watchedFiles()).rejects.toMatchObject({
        code: 'FORBIDDEN',
      })
      await work(undefined, limited)
      await waitFor(async () => expect(await counts()).toEqual({ done: 5 }))
      expect((await all.listPage()).items.map((job) => job.input.uri).sort()).toHaveLength(5)
    } finally {
      await Promise.all(watching.splice(0).map((each) => each.stop()))
      await Promise.all(workers.splice(0).map((each) => each.close()))
      await limited.close()
    }
  })

  it('is waited out: an API that is away, and comes back', async () => {
    let current = new FfleetClient({ baseUrl: 'http://127.0.0.1:9', retry: false })
    const submit: FfleetClient['submit'] = (...args) => current.submit(...args)
    await watch([films], { client: { submit, dryRun: client.dryRun } })
    await Promise.all([1, 2, 3].map((n) => put(`in/${n}.mov`)))
    for (const n of [1, 2, 3]) {
      await becomes(`in/${n}.mov`, { state: 'waiting', reason: expect.stringContaining('SERVER_UNREACHABLE') })
    }
    current = client
    for (const n of [1, 2, 3]) await becomes(`in/${n}.mov`, { state: 'submitted' })
    expect(await inputs()).toEqual(['in/1.mov', 'in/2.mov', 'in/3.mov'])
  })
})

it('goes on where it was when Redis comes back', async () => {
  await watch([films])
  await put('in/a.mov')
  await becomes('in/a.mov', { state: 'settling' })
  process.kill(api.redisPid(), 'SIGSTOP')
  await put('in/b.mov')
  const asked = new FfleetClient({ baseUrl: api.url, retry: false }).watchFolders()
  await expect(asked).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE' })
  process.kill(api.redisPid(), 'SIGCONT')
  await becomes('in/a.mov', { state: 'submitted' })
  await becomes('in/b.mov', { state: 'submitted' })
  expect(await inputs()).toEqual(['in/a.mov', 'in/b.mov'])
})

it('leaves files to the process that has their rule, while there is one', async () => {
  await mkdir(place('other'))
  await watch([{ ...films, afterwards: 'delete' }], { rescanMs: 1_000 })
  await watch([{ ...films, name: 'other', folder: 'other' }], { rescanMs: 1_000 })
  await put('in/a.mov')
  await put('other/b.mov')
  await becomes('in/a.mov', { state: 'submitted' })
  await becomes('other/b.mov', { state: 'submitted' })
  await work()
  await becomes('in/a.mov', { state: 'done', reason: 'It was deleted.' })
  await becomes('other/b.mov', { state: 'done', reason: null })
})

it('watches as two processes at once, and after a restart, and makes one job of each file', async () => {
  const first = await watch([films])
  await watch([films])
  await Promise.all(Array.from({ length: 60 }, (_, i) => put(`in/${i}.mov`)))
  await waitFor(async () => expect((await inputs()).length).toBeGreaterThan(0))
  await first.stop()
  await watch([films])
  await waitFor(async () => expect((await client.watchFolders())[0]!.counts).toEqual({ submitted: 60 }))
  expect(await inputs()).toHaveLength(60)
})
