/** Ladders by AES-128: what a player with the key sees, one without it, and where the key is not to be found. */
import { execFile } from 'node:child_process'
import { copyFile, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeClip } from '../../fixtures/media/recipes.js'
import type { Job, OutputRequest } from '../../src/contract/index.js'
import { type FileServer, startFileServer } from '../helpers/file-server.js'
import { all, keptEvents } from '../helpers/fleet-stack.js'
import { monitorRedis } from '../helpers/redis-monitor.js'
import { type Stack, startStack } from '../helpers/stack.js'

const run = promisify(execFile)
const KEY = Buffer.from('3f9a51c7e20d4b8866f1a7b2c4d9e005', 'hex')
const SIZES = { rungs: [{ height: 90 }, { height: 64 }], segmentMs: 1_000 }

let stack: Stack
let server: FileServer
let monitor: Awaited<ReturnType<typeof monitorRedis>>
let job: Job

beforeAll(async () => {
  server = await startFileServer()
  serve('/key', KEY)
  stack = await startStack({ env: { FFLEET_FETCH_ALLOW: `127.0.0.1:${server.port}`, FFLEET_LOG_LEVEL: 'debug' } })
  monitor = await monitorRedis(new URL(stack.redis.url).pathname)
  await copyFile(await makeClip('h264-aac'), join(stack.mediaRoot, 'in.mp4'))
  const outputs = [encrypted('/key'), { preset: 'hls', name: 'clear', video: FAST, ladder: SIZES }]
  const { id } = await stack.client.submit({ input: 'in.mp4', outputs })
  job = await stack.client.wait(id)
  expect(job.error).toBeNull()
})
afterAll(async () => {
  monitor?.stop()
  await stack?.stop()
  await server?.close()
})

const FAST = { crf: 30 }
const encryption = (path: string) => ({ method: 'AES-128' as const, keyUri: server.url(path) })
const encrypted = (path: string, preset = 'hls'): OutputRequest => ({
  ...{ preset, name: 'main', video: FAST, ladder: { ...SIZES, encryption: encryption(path) } },
})
const playedEarly = ({ ladder, ...output }: OutputRequest): OutputRequest => ({
  ...{ ...output, ladder: { ...ladder, playable: 'while-encoding' } },
})
const at = (output: string, ...path: string[]) =>
  join(stack.outputRoot, job.outputs.find(({ name }) => name === output)!.path, ...path)
const text = (...path: [string, ...string[]]) => readFile(at(...path), 'utf8')

function serve(path: string, body: Buffer): void {
  server.on(path, (_, response) => response.writeHead(200, { 'content-length': body.length }).end(body))
}

/** Frames with their times, as ffmpeg's own reader of playlists has them. */
async function decoded(playlist: string): Promise<string[]> {
  const whitelist = ['-protocol_whitelist', 'file,http,tcp,crypto']
  const { stdout } = await run('ffmpeg', ['-v', 'error', ...whitelist, '-i', playlist, '-f', 'framemd5', '-'])
  return stdout.split('\n').filter((line) => /^\d/.test(line))
}

test.each(['video-90p', 'video-64p', 'audio-und'])('%s is decoded as the one that is not encrypted', async (name) => {
  const [key, clear] = await Promise.all(['main', 'clear'].map((output) => decoded(at(output, name, 'index.m3u8'))))
  expect(key!.length).toBeGreaterThan(40)
  expect(key).toEqual(clear)
})

test('a wrong key shows nothing', async () => {
  const right = await decoded(at('main', 'video-90p', 'index.m3u8'))
  serve('/key', Buffer.alloc(16, 7))
  const wrong = await decoded(at('main', 'video-90p', 'index.m3u8')).catch(() => [])
  serve('/key', KEY)
  expect(wrong.filter((frame) => right.includes(frame))).toEqual([])
})

test('what is read first and text are not encrypted; each segment is, and there are no lists of parts of them', async () => {
  expect(await text('main', 'master.m3u8')).not.toContain('I-FRAME')
  for (const name of ['video-90p', 'video-64p', 'audio-und']) {
    expect(await readFile(at('main', name, 'init.mp4'))).toEqual(await readFile(at('clear', name, 'init.mp4')))
    const lines = (await text('main', name, 'index.m3u8')).split('\n')
    const [map, key] = ['#EXT-X-MAP', '#EXT-X-KEY'].map((tag) => lines.findIndex((line) => line.startsWith(tag)))
    expect(key).toBe(map! + 1)
    expect(lines[key!]).toBe(`#EXT-X-KEY:METHOD=AES-128,URI="${server.url('/key')}"`)
    const segments = (await readdir(at('main', name))).filter((file) => file.endsWith('.m4s'))
    expect(segments.length).toBeGreaterThanOrEqual(2)
    expect(await readdir(at('main', name))).not.toContain('iframes.m3u8')
    for (const file of segments) expect((await stat(at('main', name, file))).size % 16).toBe(0)
  }
})

test('bandwidth and report are of what is sent', async () => {
  const report = await stack.client.report(job.id)
  const { rungs, audio } = report.outputs.find(({ name }) => name === 'main')!.ladder!
  for (const { name, bytes } of [...rungs, ...audio]) {
    const files = (await readdir(at('main', name))).filter((file) => file.endsWith('.m4s'))
    const sizes = await Promise.all(files.map(async (file) => (await stat(at('main', name, file))).size))
    expect(bytes).toBe(sizes.reduce((sum, size) => sum + size, 0))
  }
  const told = [...(await text('main', 'master.m3u8')).matchAll(/[:,]BANDWIDTH=(\d+)/g)].map(([, bits]) => Number(bits))
  const measured = rungs.map(({ bandwidth }) => bandwidth + audio[0]!.bandwidth)
  expect(told.toSorted()).toEqual(measured.toSorted())
})

test('the key is nowhere but where it came from', async () => {
  const forms = [KEY, ...(['hex', 'base64', 'base64url'] as const).map((form) => Buffer.from(KEY.toString(form)))]
  const holds = (bytes: Buffer) => forms.some((form) => bytes.includes(form))
  const listed = await readdir(stack.folder, { recursive: true, withFileTypes: true })
  const files = listed.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  expect(files.length).toBeGreaterThan(20)
  for (const file of files) expect({ file, holds: holds(await readFile(file)) }).toEqual({ file, holds: false })
  const log = await fetch(`${stack.baseUrl}/v1/jobs/${job.id}/log`).then((response) => response.text())
  const told = [job, await keptEvents(stack, job.id), await stack.client.report(job.id), log]
  const own = [stack.api.output(), ...stack.workers.map((worker) => worker.output()), ...monitor.lines]
  const said = Buffer.from(JSON.stringify([told, await stack.client.requestOf(job.id), own]))
  expect(said.includes('job.completed')).toBe(true)
  expect(holds(said)).toBe(false)
  expect(JSON.stringify(own)).not.toContain(JSON.stringify(KEY.toJSON().data).slice(1, -1))
})

test.each([
  ['/nothing', 'answers 404: there is nothing at this URL'],
  ['/short', 'it has 15 bytes, and a key of AES-128 has 16'],
  ['/long', 'it has more than 16 bytes, and a key of AES-128 has 16'],
])('no key at %s: the job fails by that before anything is encoded', async (path, why) => {
  serve('/short', KEY.subarray(1))
  serve('/long', Buffer.concat([KEY, Buffer.of(0)]))
  const { id } = await stack.client.submit({ input: 'in.mp4', outputs: [encrypted(path)] })
  const events = await all(stack.client.watch(id))
  const { error } = (events.at(-1) as unknown as { job: Job }).job
  expect(error).toMatchObject({ code: 'FETCH_REFUSED', detail: expect.stringContaining(why) })
  expect(error!.detail).toContain('The key of the output `main` (`ladder.encryption.keyUri`)')
  expect((await stack.client.report(id)).attempts[0]!.passes).toEqual([])
})

test.each([
  ['of a manifest of DASH', () => encrypted('/key', 'dash'), '/outputs/0/ladder/encryption'],
  ['over one set of segments for both', () => encrypted('/key', 'cmaf'), '/outputs/0/ladder/encryption'],
  ['that is played while it is encoded', () => playedEarly(encrypted('/key')), '/outputs/0/ladder/playable'],
  [
    'with its key where nobody may look',
    () => ({ preset: 'hls', ladder: { encryption: { method: 'AES-128' as const, keyUri: 'http://10.0.0.1/key' } } }),
    '/outputs/0/ladder/encryption/keyUri',
  ],
])('a ladder %s is refused with the field', async (_, output, pointer) => {
  await expect(stack.client.submit({ input: 'in.mp4', outputs: [output()] })).rejects.toMatchObject({
    errors: [{ pointer }],
  })
})
