/** Jobs that encode an input while it is fetched, while something breaks: each ends once, with the film that the whole file makes. */
import { execFile } from 'node:child_process'
import { copyFile, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { type ClipName, makeClip } from '../../fixtures/media/recipes.js'
import type { JobRequest } from '../../src/contract/index.js'
import { ROOT_FILE } from '../../src/storage/names.js'
import { sendFile, startFileServer } from '../helpers/file-server.js'
import { TINY, useFleet } from '../helpers/fleet.js'
import { holdFile } from '../helpers/held-file.js'
import { canMount, mountTmpfs } from '../helpers/mount.js'
import { waitFor } from '../helpers/wait-for.js'

const run = promisify(execFile)
const server = await startFileServer()
afterAll(() => server.close())
const fleet = useFleet({ env: { FFLEET_FETCH_ALLOW: `127.0.0.1:${server.port}` }, clips: {} })
beforeEach(() => server.requests.splice(0))

const bytesOf = async (clip: ClipName) => readFile(await makeClip(clip))
const submit = (input: string, more: Partial<JobRequest> = {}) =>
  fleet.submit({ input, outputs: [{ ...TINY, name: 'main' }], ...more })

/** Once ffmpeg has made pictures of what is here. */
const encoding = (id: string) =>
  waitFor(async () => {
    const { phase, progress } = await fleet.get(id)
    expect(phase).toBe('encoding')
    expect(progress?.frame).toBeGreaterThan(50)
  })

/** Of each pass of the last attempt, whether its ffmpeg was given the input as it came. */
async function piped(id: string): Promise<boolean[]> {
  const { attempts } = await fleet.stack.client.report(id)
  return attempts.at(-1)!.passes.map(({ argv }) => argv.includes('pipe:0'))
}

/** The packets of each output of a job. */
async function packets(id: string): Promise<string[]> {
  const { outputs } = await fleet.get(id)
  return Promise.all(
    outputs.map(async ({ path }) => {
      const args = ['-i', join(fleet.stack.outputRoot, path), '-map', '0', '-c', 'copy', '-f', 'streamhash', '-']
      return (await run('ffmpeg', ['-v', 'error', ...args])).stdout
    }),
  )
}

/** What the same film makes from the media root. */
async function packetsOfLocal(clip: ClipName, more: Partial<JobRequest> = {}): Promise<string[]> {
  const name = `local-${clip}`
  await copyFile(await makeClip(clip), join(fleet.stack.mediaRoot, name))
  const id = await submit(name, more)
  expect(await fleet.ended(id)).toMatchObject({ state: 'completed' })
  return packets(id)
}

describe('a server', () => {
  test.each([true, false])('that cuts every answer, and gives parts: %s', async (ranges) => {
    const body = await bytesOf('large-in-front')
    // Whoever gives no parts begins at the beginning each time, so it has to get further.
    let cutAfter = ranges ? 1_000_000 : 3_000_000
    server.on('/cut.mp4', (request, response) => {
      sendFile(request, response, body, { ranges, cutAfter })
      if (!ranges) cutAfter += 2_500_000
    })
    await fleet.worker()
    const id = await submit(server.url('/cut.mp4'))
    expect(await fleet.ended(id)).toMatchObject({ state: 'completed', attempt: 1 })
    expect(server.requests.length).toBeGreaterThan(2)
    expect(await piped(id)).toEqual([true])
    expect(await packets(id)).toEqual(await packetsOfLocal('large-in-front'))
  })

  test('that gives no parts sends an MP4 that is encoded while it comes, and a transport stream that is waited for', async () => {
    const held = { ranges: false }
    const film = holdFile(server, await bytesOf('large-in-front'), 'mp4', held)
    const stream = holdFile(server, await bytesOf('large-ts'), 'ts', held)
    await fleet.worker({ FFLEET_SLOTS: '2' })
    const [first, second] = [await submit(film.url), await submit(stream.url)]
    await encoding(first)
    expect(await fleet.get(second)).toMatchObject({ phase: 'fetching' })
    film.go('go on')
    stream.go('go on')
    for (const id of [first, second]) expect(await fleet.ended(id)).toMatchObject({ state: 'completed', attempt: 1 })
    expect(await piped(first)).toEqual([true])
    expect(await piped(second)).toEqual([false])
    expect(await packets(second)).toEqual(await packetsOfLocal('large-ts'))
  })
})

describe('a worker', () => {
  test('that is killed leaves no ffmpeg, and the next one makes all of it', async () => {
    const film = holdFile(server, await bytesOf('large-in-front'), 'mp4')
    const doomed = await fleet.worker()
    const id = await submit(film.url)
    await encoding(id)
    doomed.signal('SIGKILL')
    await doomed.ended
    await expect.poll(() => fleet.encoders()).toEqual([])
    await fleet.worker()
    await waitFor(async () => expect(await fleet.get(id)).toMatchObject({ state: 'active', attempt: 2 }))
    film.go('go on')
    expect(await fleet.ended(id)).toMatchObject({ state: 'completed', attempt: 2 })
    expect(await packets(id)).toEqual(await packetsOfLocal('large-in-front'))
  })

  test('that is asked to leave ends what it encodes', async () => {
    const film = holdFile(server, await bytesOf('large-in-front'), 'mp4')
    const leaving = await fleet.worker()
    const id = await submit(film.url)
    await encoding(id)
    leaving.signal('SIGTERM')
    film.go('go on')
    expect(await leaving.ended).toEqual({ code: 0, signal: null })
    expect(await fleet.get(id)).toMatchObject({ state: 'completed', attempt: 1 })
  })

  test('of two jobs of one file encodes both while it is fetched once', async () => {
    const body = await bytesOf('large-in-front')
    const film = holdFile(server, body, 'mp4')
    await fleet.worker({ FFLEET_SLOTS: '2' })
    const ids = [await submit(film.url), await submit(film.url)]
    for (const id of ids) await encoding(id)
    film.go('go on')
    const local = await packetsOfLocal('large-in-front')
    for (const id of ids) {
      expect(await fleet.ended(id)).toMatchObject({ state: 'completed', attempt: 1 })
      expect(await piped(id)).toEqual([true])
      expect(await packets(id)).toEqual(local)
    }
    expect(new Set(server.requests.map(({ range }) => range)).size).toBe(server.requests.length)
  })

  test('of two jobs of one file goes on with one when the other is cancelled', async () => {
    const film = holdFile(server, await bytesOf('large-in-front'), 'mp4')
    await fleet.worker({ FFLEET_SLOTS: '2' })
    const [cancelled, id] = [await submit(film.url), await submit(film.url)]
    for (const each of [cancelled, id]) await encoding(each)
    await fleet.stack.client.cancel(cancelled)
    expect(await fleet.ended(cancelled)).toMatchObject({ state: 'cancelled' })
    film.go('go on')
    expect(await fleet.ended(id)).toMatchObject({ state: 'completed', attempt: 1 })
    expect(await piped(id)).toEqual([true])
  })
})

test('two outputs of one film are made by one decoding while it comes', async () => {
  const film = holdFile(server, await bytesOf('large-mkv'), 'mkv')
  const outputs = [
    { ...TINY, name: 'main' },
    { preset: 'tiny-other', name: 'other' },
  ]
  await fleet.worker()
  const id = await submit(film.url, { outputs })
  await encoding(id)
  film.go('go on')
  expect(await fleet.ended(id)).toMatchObject({ state: 'completed', attempt: 1 })
  expect(await piped(id)).toEqual([true])
  expect(await packets(id)).toEqual(await packetsOfLocal('large-mkv', { outputs }))
})

/** Takes what is left of a filesystem; gives the file that does. */
async function fill(folder: string): Promise<string> {
  const filler = join(folder, 'filler')
  await writeFile(filler, Buffer.alloc(32 * 1024 * 1024)).catch(() => {})
  return filler
}

// Where mounting is not allowed there is no filesystem small enough to be filled.
describe.skipIf(!canMount)('a full disk', () => {
  test('of the outputs is DISK_FULL once the film is here, and shows nothing', async () => {
    const mark = join(fleet.stack.outputRoot, ROOT_FILE)
    const id = await readFile(mark)
    mountTmpfs(fleet.stack.outputRoot, 16 * 1024 * 1024)
    await writeFile(mark, id)
    const film = holdFile(server, await bytesOf('large-in-front'), 'mp4')
    await fleet.worker()
    const job = await submit(film.url, { outputs: [{ preset: 'tiny', video: { crf: 1 } }], maxAttempts: 1 })
    await encoding(job)
    const filler = await fill(fleet.stack.outputRoot)
    await waitFor(async () => expect(await fleet.get(job)).toMatchObject({ phase: 'fetching' }))
    film.go('go on')
    expect(await fleet.ended(job)).toMatchObject({ state: 'failed', error: { code: 'DISK_FULL' } })
    await rm(filler)
  })

  test('of the spool is DISK_FULL, and leaves nothing there', async () => {
    const spool = join(fleet.stack.folder, 'small')
    mountTmpfs(spool, 12 * 1024 * 1024)
    const film = holdFile(server, await bytesOf('large-in-front'), 'mp4')
    await fleet.worker({ FFLEET_SPOOL_DIR: spool })
    const job = await submit(film.url, { maxAttempts: 1 })
    await encoding(job)
    const filler = await fill(spool)
    film.go('go on')
    expect(await fleet.ended(job)).toMatchObject({ state: 'failed', error: { code: 'DISK_FULL' } })
    await rm(filler)
    const [own] = await readdir(spool)
    expect((await readdir(join(spool, own!))).filter((name) => name.endsWith('.mp4'))).toEqual([])
  })
})
