/** An output in parts of which something fails on the way: nothing half-made is shown or kept, and nothing of two sources joined. */
import { execFileSync } from 'node:child_process'
import { copyFile, readdir, readFile, rename, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ROOT_FILE } from '../../src/storage/names.js'
import { FFMPEG } from '../helpers/ffmpeg-runs.js'
import { PACED, program, useFleet } from '../helpers/fleet.js'
import { long, some } from '../helpers/long.js'
import { canMount, mountTmpfs } from '../helpers/mount.js'

const fleet = useFleet({ redis: { persist: true } })
const SEGMENT_MS = 2_000
const inParts = (path: string, input = 'long.mp4') => ({
  input,
  outputs: [{ preset: 'tiny', path, split: { segmentMs: SEGMENT_MS } }],
})
const media = (name: string) => join(fleet.stack.mediaRoot, name)
const partsFolder = () => join(fleet.stack.outputRoot, '.ffleet/parts')
const keptParts = () => readdir(partsFolder()).catch(() => [])
const sha256Of = (job: { outputs: { sha256: string | null }[] }) => job.outputs[0]!.sha256
const attemptsOf = async (id: string) => (await fleet.stack.client.report(id)).attempts
const labelsOf = async (id: string) => (await attemptsOf(id)).map(({ passes }) => passes.map(({ label }) => label))
const reached = (id: string, pass: number) =>
  fleet.told(id, (event) => event.type === 'progress' && event.progress.pass.index >= pass)
/** Where a worker has its first part, and is about to keep it. */
const KEEPING = /^before rename .*\/1\/part-0\.mp4 -> /
/** Where a worker has all parts, and begins to join them; and where it begins to look at the whole. */
const JOINING = /^before open .*\/1\/joined\.mp4$/
const VERIFYING = /^before open .*\/1\/out-0\.mp4$/

/** What a sound worker makes of a film that nothing was kept of. */
async function madeAlone(input: string): Promise<string | null> {
  await rm(partsFolder(), { recursive: true, force: true })
  const job = await fleet.ended(await fleet.submit(inParts('alone.mp4', input)))
  expect(job).toMatchObject({ state: 'completed', warnings: [] })
  return sha256Of(job)
}

describe('a part that fails', () => {
  test('for good fails the job, which says which part, where in the film and why; the retry makes the others', async () => {
    const doomed = await fleet.worker({ FFLEET_FFMPEG: program('fails-in-part.sh'), FFLEET_STAND_IN_FROM: '1.98' })
    const { id } = await fleet.stack.client.submit({ ...inParts('out.mp4'), maxAttempts: 1 })
    const job = await fleet.ended(id)
    expect(job).toMatchObject({ state: 'failed', error: { code: 'ENCODER_FAILED' } })
    expect(job.error!.detail).toMatch(/^In part 2 of 3, from 2 s to 3\.96 s: ffmpeg .*no filter nosuchfilter/)
    const [attempt] = await attemptsOf(id)
    expect(attempt!.diagnosis).toMatchObject({ culprit: expect.stringContaining("No such filter: 'nosuchfilter'") })
    expect(await readdir(fleet.stack.outputRoot)).not.toContain('out.mp4')
    const kept = (await keptParts()).length
    doomed.signal('SIGTERM')
    await doomed.ended

    await fleet.worker()
    await fleet.stack.client.retry(id)
    const again = await fleet.ended(id)
    fleet.watchOutputs(id)
    expect((await labelsOf(id)).at(-1)).toHaveLength(3 - kept + 1)
    expect(sha256Of(again)).toBe(await madeAlone('long.mp4'))
  })

  test('because that stretch of the film can not be decoded: it is encoded in one piece, as it would be without parts', async () => {
    await spoil('minute.mp4', 20, 40)
    await fleet.worker()
    const [output] = inParts('out.mp4').outputs
    const split = { input: 'minute.mp4', outputs: [{ ...output!, split: { segmentMs: 20_000 } }] }
    const job = await fleet.ended(await fleet.submit(split))
    const whole = await fleet.ended(await fleet.submit({ ...split, outputs: [{ preset: 'tiny', path: 'whole.mp4' }] }))
    expect(job.state).toBe(whole.state)
    expect(job.error?.code).toBe(whole.error?.code)
    const notSplit = job.warnings.filter(({ code }) => code === 'NOT_SPLIT')
    expect(notSplit).toHaveLength(job.state === 'completed' ? 1 : 0)
  })
})

describe('an input that becomes another one while its parts are made', () => {
  const ways = [
    ['what is written into it', (from: string, to: string) => copyFile(from, to)],
    ['a file that is moved there', (from: string, to: string) => rename(from, to)],
  ] as const
  test.each(some(ways, 2))('%s: no part of the one comes into the other', async (_, replace) => {
    await copyFile(media('long.mp4'), media('film.mp4'))
    const other = ['-v', 'error', '-y', '-i', media('long.mp4'), '-vf', 'negate', '-preset', 'ultrafast']
    execFileSync(FFMPEG, [...other, '-g', '25', '-c:a', 'copy', media('other.mp4')])
    await copyFile(media('other.mp4'), media('next.mp4'))
    const fault = fleet.fault(KEEPING, 'hold')
    const worker = await fleet.worker({ ...fault.env, FFLEET_BACKOFF_MS: '500' })
    const id = await fleet.submit(inParts('out.mp4', 'film.mp4'))
    await expect.poll(() => fault.reached()).toBe(true)
    await replace(media('next.mp4'), media('film.mp4'))
    await fault.release()
    const job = await fleet.ended(id)
    expect(job).toMatchObject({ state: 'completed', attempt: 2, warnings: [] })
    const failed = (await fleet.events(id)).filter((event) => event.type === 'attempt.failed')
    expect(failed).toMatchObject([{ error: { code: 'INPUT_CHANGED' } }])
    expect((await labelsOf(id)).at(-1)!.toSorted()).toEqual(['join', 'part 1 of 3', 'part 2 of 3', 'part 3 of 3'])
    // That of the first input among them.
    expect(await keptParts()).toHaveLength(4)
    worker.signal('SIGTERM')
    await fleet.worker()
    expect(sha256Of(job)).toBe(await madeAlone('other.mp4'))
    await rm(media('film.mp4'))
  })
})

describe.skipIf(!canMount)('a disk that is full when parts are joined', () => {
  const writers = [
    ['by us', 0],
    ['by ffmpeg', 1.5],
  ] as const
  test.each(some(writers, 2))('%s: DISK_FULL, and the parts are there for the next attempt', async (_, room) => {
    const mark = join(fleet.stack.outputRoot, ROOT_FILE)
    const id = await readFile(mark)
    mountTmpfs(fleet.stack.outputRoot, 16 * 1024 * 1024)
    await writeFile(mark, id)
    const fault = fleet.fault(JOINING, 'hold')
    await fleet.worker({ ...fault.env, FFLEET_BACKOFF_MS: '500' })
    const job = await fleet.submit({ ...inParts('out.mp4'), maxAttempts: 10 })
    await expect.poll(() => fault.reached()).toBe(true)
    const filler = join(fleet.stack.outputRoot, 'filler')
    await fill(filler, room)
    await fault.release()
    const failed = await fleet.told(job, ({ type }) => type === 'attempt.failed')
    expect(failed).toMatchObject({ error: { code: 'DISK_FULL' } })
    expect(await readdir(fleet.stack.outputRoot)).not.toContain('out.mp4')
    await rm(filler)
    expect(await fleet.ended(job)).toMatchObject({ state: 'completed', warnings: [] })
    expect((await labelsOf(job)).at(-1)).toEqual(['join'])
  })
})

test('Redis is restarted while parts are joined: the job ends once, with what it would have', async () => {
  const fault = fleet.fault(JOINING, 'hold')
  const worker = await fleet.worker({ ...fault.env, FFLEET_LOCK_DURATION_MS: '20000' })
  const id = await fleet.submit(inParts('out.mp4'))
  await expect.poll(() => fault.reached()).toBe(true)
  fleet.stack.redis.signal('SIGKILL')
  await fleet.stack.redis.restart()
  await fault.release()
  const job = await fleet.ended(id)
  expect(job).toMatchObject({ state: 'completed', attempt: 1, warnings: [] })
  worker.signal('SIGTERM')
  await fleet.worker()
  expect(sha256Of(job)).toBe(await madeAlone('long.mp4'))
})

const stages = [
  ['joined', JOINING],
  ['verified', VERIFYING],
] as const
test.each(some(stages, 2))(
  'a job cancelled while its parts are %s ends, and what it made of them is kept for its retry',
  async (_, point) => {
    const fault = fleet.fault(point, 'hold')
    await fleet.worker(fault.env)
    const { id } = await fleet.stack.client.submit(inParts('out.mp4'))
    await expect.poll(() => fault.reached()).toBe(true)
    await fleet.stack.client.cancel(id)
    await fault.release()
    expect(await fleet.ended(id)).toMatchObject({ state: 'cancelled', attempt: 1 })
    expect(await readdir(fleet.stack.outputRoot)).not.toContain('out.mp4')
    await fleet.stack.client.retry(id)
    fleet.watchOutputs(id)
    expect(await fleet.ended(id)).toMatchObject({ state: 'completed', warnings: [] })
    expect((await labelsOf(id)).at(-1)).toEqual(['join'])
  },
)

long('workers of two builds of ffmpeg: neither makes or takes parts of the other', async ({ skip }) => {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache')
  const folder = join(cache, 'ffleet-test/ffmpeg/trixie')
  try {
    execFileSync('bash', [resolve('test/versions/install.sh'), 'trixie', folder], { stdio: 'pipe' })
  } catch (error) {
    if ((error as { status?: number }).status === 3) skip()
    throw error
  }
  const OTHER = { FFLEET_REAL_FFMPEG: join(folder, 'bin/ffmpeg'), FFLEET_FFPROBE: join(folder, 'bin/ffprobe') }
  const doomed = await fleet.worker(PACED)
  const id = await fleet.submit(inParts('out.mp4'))
  await reached(id, 0)
  // It has nothing else to do, and helps nobody.
  const other = await fleet.worker({ ...PACED, ...OTHER })
  await reached(id, 2)
  expect((await attemptsOf(id))[0]!.passes.filter(({ worker }) => worker !== undefined)).toEqual([])
  const kept = await keptParts()
  doomed.signal('SIGKILL')
  const job = await fleet.ended(id)
  expect(job).toMatchObject({ state: 'completed', attempt: 2, warnings: [] })
  expect((await labelsOf(id)).at(-1)!.toSorted()).toEqual(['join', 'part 1 of 3', 'part 2 of 3', 'part 3 of 3'])
  expect((await keptParts()).length).toBe(kept.length + 3)
  const maker = (await attemptsOf(id)).at(-1)!.worker
  expect((await fleet.stack.client.workers()).find((each) => each.id === maker)).toMatchObject({ pid: other.pid })
})

/** A film of a minute whose pictures between two of its seconds can't be decoded. */
async function spoil(name: string, from: number, to: number): Promise<void> {
  const loop = ['-v', 'error', '-y', '-stream_loop', '9', '-i', media('long.mp4'), '-c', 'copy']
  execFileSync(FFMPEG, [...loop, media(name)])
  const entries = ['-select_streams', 'v', '-show_entries', 'packet=pts_time,size,pos', '-of', 'json']
  const listed = execFileSync(process.env.FFLEET_FFPROBE ?? 'ffprobe', ['-v', 'error', ...entries, media(name)])
  const { packets } = JSON.parse(listed.toString()) as { packets: { pts_time: string; size: string; pos: string }[] }
  const bytes = await readFile(media(name))
  for (const packet of packets) {
    const [seconds, at] = [Number(packet.pts_time), Number(packet.pos)]
    // Its length stays, so that it is still a packet.
    if (seconds >= from && seconds < to) bytes.fill(0, at + 4, at + Number(packet.size))
  }
  await writeFile(media(name), bytes)
}

/** Fills a disk but for so many times what its parts take. */
async function fill(filler: string, room: number): Promise<void> {
  const folder = partsFolder()
  const sizes = await Promise.all((await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size))
  const free = Math.ceil(room * sizes.reduce((sum, size) => sum + size, 0))
  const { bavail, bsize } = await statfs(fleet.stack.outputRoot)
  await writeFile(filler, Buffer.alloc(Math.max(0, bavail * bsize - free)))
}
