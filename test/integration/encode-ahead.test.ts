/** Inputs that are encoded while they are still being fetched, from a server that holds back what the test has not let go. */
import { execFile } from 'node:child_process'
import { copyFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type ClipName, makeClip } from '../../fixtures/media/recipes.js'
import type { Job, JobRequest, ProgressSnapshot, Report } from '../../src/contract/index.js'
import { PIECE_BYTES } from '../../src/spool/copy.js'
import { type FileServer, startFileServer } from '../helpers/file-server.js'
import { keptEvents, startFleet, TINY } from '../helpers/fleet-stack.js'
import { FRONT, holdFile } from '../helpers/held-file.js'
import { childrenOf, commandLine } from '../helpers/processes.js'
import type { Stack } from '../helpers/stack.js'
import { waitFor } from '../helpers/wait-for.js'

const run = promisify(execFile)
/** Within which ffmpeg has to get on with what it has. */
const STALL_MS = 3_000

let stack: Stack
let server: FileServer

beforeAll(async () => {
  server = await startFileServer()
  stack = await startFleet(
    { env: { FFLEET_FETCH_ALLOW: `127.0.0.1:${server.port}`, FFLEET_STALL_TIMEOUT_MS: String(STALL_MS) } },
    { 'local.mp4': 'large-in-front' },
  )
  await stack.startWorker()
})
afterAll(async () => {
  await stack.stop()
  await server.close()
})
beforeEach(() => server.requests.splice(0))

const bytesOf = async (clip: ClipName) => readFile(await makeClip(clip))
const submit = (input: string, more: Partial<JobRequest> = {}) =>
  stack.client.submit({ input, outputs: [{ ...TINY, name: 'main' }], ...more })

/** The job once its ffmpeg has made pictures of what is here. */
async function encoding({ id }: Job): Promise<Job> {
  await waitFor(async () => {
    const { phase, progress } = await stack.client.get(id)
    expect(phase).toBe('encoding')
    expect(progress?.frame).toBeGreaterThan(50)
  })
  return stack.client.get(id)
}

const passesOf = (report: Report) => report.attempts[0]!.passes
const isPiped = ({ argv }: { argv: string[] }) => argv.includes('pipe:0')
const logOf = async (id: string) =>
  (await keptEvents(stack, id)).flatMap((event) => (event.type === 'log' ? [event.text] : []))

/** What the worker runs that reads from its stdin: ffmpeg, and what encloses it. */
function piped(of = stack.workers[0]!.pid!): number[] {
  return childrenOf(of).flatMap((pid) => [...(commandLine(pid).includes('pipe:0') ? [pid] : []), ...piped(pid)])
}

/** The packets of a job's output. */
async function packetsOf(job: Job): Promise<string> {
  const path = join(stack.outputRoot, job.outputs[0]!.path!)
  const { stdout } = await run('ffmpeg', [
    '-v',
    'error',
    '-i',
    path,
    '-map',
    '0',
    '-c',
    'copy',
    '-f',
    'streamhash',
    '-',
  ])
  return stdout
}

/** What comes of the same film from the media root, by the container of the input. */
async function packetsOfLocal(clip: ClipName): Promise<string> {
  const name = `local-${clip}`
  await copyFile(await makeClip(clip), join(stack.mediaRoot, name))
  return packetsOf(await stack.client.wait((await submit(name)).id))
}

test.each<[string, ClipName, string]>([
  ['MP4 with its index in front', 'large-in-front', 'mp4'],
  ['Matroska', 'large-mkv', 'mkv'],
  ['MPEG-TS', 'large-ts', 'ts'],
])(
  '%s is encoded while it comes, to the same packets as from a disk, and waits for it without being called stalled',
  async (_, clip, ending) => {
    const body = await bytesOf(clip)
    expect(body.length).toBeGreaterThan(FRONT * 1.1)
    const { url, go } = holdFile(server, body, ending, { endComes: ending === 'ts' })
    const sent = await submit(url)
    const { progress } = await encoding(sent)
    const fetchedBytes = ending === 'ts' ? body.length - (PIECE_BYTES - FRONT) : FRONT
    expect(progress).toMatchObject({ fetchedBytes, fetchTotalBytes: body.length })
    expect(progress!.percent).toBeGreaterThan(10)
    await waitFor(async () => {
      expect((await stack.client.get(sent.id)).progress?.stalledForMs).toBeGreaterThan(2 * STALL_MS)
    })
    go('go on')
    const job = await stack.client.wait(sent.id)
    expect(job).toMatchObject({ state: 'completed', attempt: 1, progress: { fetchedBytes: body.length, percent: 100 } })
    const report = await stack.client.report(job.id)
    expect(passesOf(report).map(isPiped)).toEqual([true])
    expect(report.input?.bytes).toBe(body.length)
    const events = await keptEvents(stack, job.id)
    const phases = events.flatMap((event) => (event.type === 'phase.changed' ? [event.phase] : []))
    expect(phases.slice(0, 2)).toEqual(['fetching', 'encoding'])
    const percents = events.flatMap((event) => {
      const percent = 'progress' in event ? (event.progress as ProgressSnapshot | null)?.percent : null
      return percent == null ? [] : [percent]
    })
    expect(percents).toEqual(percents.toSorted((a, b) => a - b))
    expect(await packetsOf(job)).toBe(await packetsOfLocal(clip))
  },
  60_000,
)

test('an index behind the film is waited for', async () => {
  const body = await bytesOf('large-behind')
  const { url, go } = holdFile(server, body, 'mp4')
  const sent = await submit(url)
  await waitFor(async () => expect((await stack.client.get(sent.id)).progress?.fetchedBytes).toBe(FRONT))
  go('go on')
  const job = await stack.client.wait(sent.id)
  expect(job.state).toBe('completed')
  expect(passesOf(await stack.client.report(job.id)).map(isPiped)).toEqual([false])
}, 60_000)

test('what needs the file twice waits for it', async () => {
  const { url, go } = holdFile(server, await bytesOf('large-in-front'), 'mp4')
  const sent = await submit(url, { outputs: [{ preset: 'tiny-2pass', name: 'main' }] })
  await waitFor(async () => expect((await stack.client.get(sent.id)).progress?.fetchedBytes).toBe(FRONT))
  go('go on')
  const job = await stack.client.wait(sent.id)
  expect(job.state).toBe('completed')
  expect(passesOf(await stack.client.report(job.id)).map(isPiped)).toEqual([false, false])
}, 60_000)

test('a file that is another one by its end is encoded anew, within the attempt, and the job says so', async () => {
  const { url, go } = holdFile(server, await bytesOf('large-in-front'), 'mp4')
  const sent = await submit(url)
  await encoding(sent)
  go(await readFile(await makeClip('h264-aac-6s')))
  const job = await stack.client.wait(sent.id)
  expect(job).toMatchObject({ state: 'completed', attempt: 1 })
  expect(passesOf(await stack.client.report(job.id)).map(isPiped)).toEqual([true, false])
  expect(await logOf(job.id)).toContainEqual(expect.stringContaining('It is encoded anew, from the whole file.'))
  expect(await packetsOf(job)).toBe(await packetsOfLocal('h264-aac-6s'))
}, 60_000)

test('an ffmpeg that dies of what it had is followed by one that reads the whole file', async () => {
  const { url, go } = holdFile(server, await bytesOf('large-in-front'), 'mp4')
  const sent = await submit(url)
  await encoding(sent)
  const [pid] = piped()
  process.kill(pid!, 'SIGKILL')
  await waitFor(async () => expect((await stack.client.get(sent.id)).phase).toBe('fetching'))
  go('go on')
  const job = await stack.client.wait(sent.id)
  expect(job).toMatchObject({ state: 'completed', attempt: 1 })
  expect(passesOf(await stack.client.report(job.id)).map(isPiped)).toEqual([true, false])
  expect(await packetsOf(job)).toBe(await packetsOfLocal('large-in-front'))
}, 60_000)

test('a fetch that is refused in the middle ends the encode, and the attempt by its own code', async () => {
  const { url, go } = holdFile(server, await bytesOf('large-in-front'), 'mp4')
  const sent = await submit(url)
  await encoding(sent)
  expect(piped()).not.toEqual([])
  go('refuse')
  const job = await stack.client.wait(sent.id)
  expect(job).toMatchObject({ state: 'failed', error: { code: 'FETCH_REFUSED' } })
  expect(piped()).toEqual([])
}, 60_000)

test('a cancelled job ends both at once', async () => {
  const { url, closed } = holdFile(server, await bytesOf('large-in-front'), 'mp4')
  const sent = await submit(url)
  await encoding(sent)
  expect(piped()).not.toEqual([])
  await stack.client.cancel(sent.id)
  expect((await stack.client.wait(sent.id)).state).toBe('cancelled')
  await closed
  expect(piped()).toEqual([])
}, 60_000)
