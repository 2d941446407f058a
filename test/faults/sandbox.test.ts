import { readFileSync } from 'node:fs'
import { readdir, symlink, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { announceOpen } from '../../src/api/announce-open.js'
import { findSandbox } from '../../src/ffmpeg/index.js'
import { createQueue } from '../../src/queue/index.js'
import { PACED, program, useFleet } from '../helpers/fleet.js'
import { aFolder } from '../helpers/folder.js'
import { waitFor } from '../helpers/wait-for.js'

const limits = { maxMemoryBytes: 2 ** 33, maxCpuMs: 3_600_000, maxOutputBytes: 2 ** 30 }
const { obstacle } = await findSandbox({ programs: [], limits, variables: [], hidden: [] })
if (obstacle) console.warn(`The sandbox is not tested here: ${obstacle.cause}`)

const fleet = useFleet()

test.skipIf(obstacle !== null)('a worker with a sandbox says so, and does its jobs in it', async () => {
  await fleet.worker({ FFLEET_SANDBOX: 'bwrap' })
  expect(await fleet.stack.client.workers()).toMatchObject([{ sandbox: 'bwrap' }])
  const ready = await fetch(`${fleet.stack.baseUrl}/readyz`)
  expect(await ready.json()).toEqual({ status: 'ready', sandbox: { bwrap: 1 } })
  const id = await fleet.submit({
    outputs: [{ preset: 'h264-360p' }, { preset: 'thumbnails' }, { preset: 'mp3-192k' }],
  })
  expect(await fleet.ended(id)).toMatchObject({ state: 'completed', attempt: 1 })
})

test.skipIf(obstacle !== null)(
  'what is played of a ladder can not be changed by the ffmpeg that encodes it',
  async () => {
    await fleet.worker({ FFLEET_SANDBOX: 'bwrap', FFLEET_FFMPEG: program('spoils-what-is-shown.mjs') })
    const ladder = { rungs: [{ height: 80 }], segmentMs: 1_000, playable: 'while-encoding' as const }
    const id = await fleet.submit({ input: 'long.mp4', outputs: [{ preset: 'hls', name: 'film', ladder }] })
    const job = await fleet.ended(id)
    expect(job).toMatchObject({ state: 'completed', attempt: 1, outputs: [{ playable: { attempt: 1 } }] })
    const line = (await fleet.stack.client.log(id)).split('\n').find((line) => line.includes('tries '))!
    expect(JSON.parse(line.slice(line.indexOf('{')))).toEqual({
      write: 'EROFS',
      remove: 'EROFS',
      add: 'EROFS',
      link: 'EROFS',
      writeSegment: 'EROFS',
      moveAway: 'EBUSY',
      writeCut: 'EROFS',
      moveCut: 'EBUSY',
      writeHere: 'done',
    })
  },
)

test('a link in the place of an output is followed by nobody', async () => {
  const target = join(await aFolder(), 'secret.mp4')
  await writeFile(target, 'secret')
  await fleet.worker({ FFLEET_FFMPEG: program('links-its-output.mjs'), FFLEET_STAND_IN_TARGET: target })
  for (const outputs of [[{ preset: 'h264-360p' }], [{ preset: 'thumbnails' }]]) {
    const job = await fleet.ended(await fleet.submit({ maxAttempts: 1, outputs }))
    expect(job).toMatchObject({ state: 'failed', error: { code: 'OUTPUT_INVALID' } })
    expect(job.error?.detail).toContain('neither a file nor a folder')
  }
})

test('without bubblewrap a worker warns, or does not start where it must have it', async () => {
  const none = { PATH: await pathWithout('bwrap') }
  const warned = await fleet.worker(none)
  expect(warned.output()).toContain('ffmpeg runs without a sandbox. bubblewrap is not installed.')
  expect(await fleet.stack.client.workers()).toMatchObject([{ sandbox: 'limits' }])
  const refused = fleet.stack.startPart('worker', { ...none, FFLEET_SANDBOX: 'bwrap' })
  expect((await refused.ended).code).not.toBe(0)
  expect(refused.output()).toContain('FFLEET_SANDBOX is "bwrap"; it takes none, or a bubblewrap that starts.')
  const byName = await fleet.worker({ ...none, FFLEET_SANDBOX: 'none' })
  expect(byName.output()).not.toContain('sandbox')
})

test('without bubblewrap a worker takes no jobs while an API of the fleet is open to other machines', async () => {
  const none = { PATH: await pathWithout('bwrap') }
  const queue = await createQueue({ redis: fleet.stack.redis.url })
  onTestFinished(() => queue.close())
  const state = async () => (await fleet.stack.client.workers()).map((worker) => worker.state)
  const runs = await fleet.worker(none)
  // No time to learn of it by a heartbeat.
  await queue.openApis.announce('front:4280', true)
  const id = await fleet.submit()
  await expect.poll(state).toEqual(['unhealthy'])
  expect(runs.output()).toContain(
    'FFLEET_SANDBOX takes none, or a bubblewrap that starts, as the API at front:4280 is open',
  )
  const refused = fleet.stack.startPart('worker', none)
  expect((await refused.ended).code).not.toBe(0)
  expect(refused.output()).toContain('as the API at front:4280 is open to other machines. bubblewrap is not installed.')
  expect(refused.output()).toContain('Install it: `ffleet doctor --fix` does')
  // One that comes to a slot that is paused.
  const later = await fleet.submit()
  for (const each of [id, later]) expect(await fleet.get(each)).toMatchObject({ state: 'queued' })
  await queue.openApis.announce('front:4280', false)
  for (const each of [id, later]) expect(await fleet.ended(each)).toMatchObject({ state: 'completed', attempt: 1 })
  await queue.openApis.announce('front:4280', true)
  await expect.poll(state).toEqual(['unhealthy'])
  await fleet.worker({ FFLEET_SANDBOX: 'none' })
  expect(await fleet.ended(await fleet.submit())).toMatchObject({ state: 'completed' })
})

test('an API says of itself whether other machines can reach it', async () => {
  const log = { warn() {} } as unknown as Parameters<typeof announceOpen>[0]['log']
  const queue = await createQueue({ redis: fleet.stack.redis.url })
  onTestFinished(() => queue.close())
  // The API of this stack listens on a loopback address, and came after this word of its own.
  const { port } = new URL(fleet.stack.baseUrl)
  const address = `${hostname()}:${port}`
  const open = await announceOpen({ queue, log }, { address, isOpen: true })
  const other = await announceOpen({ queue, log }, { address: 'front:4280', isOpen: true })
  open.stop()
  other.stop()
  expect(await queue.openApis.list()).toEqual(['front:4280', address])
  fleet.stack.api.signal('SIGTERM')
  await fleet.stack.api.ended
  await fleet.stack.startApi()
  expect(await queue.openApis.list()).toEqual(['front:4280'])
})

test('limits are kept where there is no bubblewrap', async () => {
  const worker = await fleet.worker({ PATH: await pathWithout('bwrap'), ...PACED })
  const id = await fleet.submit()
  await fleet.phase(id, 'encoding')
  const [pid] = await waitFor(async () => {
    const pids = await fleet.encoders()
    expect(pids).not.toEqual([])
    return pids
  })
  // Found while it is still on its way to become ffmpeg, it has no limits yet.
  const limits = await waitFor(() => {
    const text = readFileSync(`/proc/${pid}/limits`, 'utf8')
    expect(text).toMatch(/^Max core file size +0 +0 /m)
    return text
  })
  expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toMatch(/^NoNewPrivs:\t1$/m)
  expect(limits).toMatch(/^Max open files +1024 +1024 /m)
  expect(limits).not.toMatch(/^Max data size +unlimited/m)
  expect(readFileSync(`/proc/${worker.pid}/limits`, 'utf8')).toMatch(/^Max data size +unlimited/m)
  expect(await fleet.ended(id)).toMatchObject({ state: 'completed' })
})

/** The programs of this PATH but one, each by a link. */
async function pathWithout(name: string): Promise<string> {
  const folder = await aFolder()
  for (const from of (process.env.PATH ?? '').split(':')) {
    for (const each of await readdir(from).catch(() => [])) {
      if (each !== name) await symlink(join(from, each), join(folder, each)).catch(() => {})
    }
  }
  return folder
}
