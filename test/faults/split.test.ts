/** An output in parts: what is encoded stays, whatever becomes of the worker and the job. */
import { execFileSync } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { FFMPEG } from '../helpers/ffmpeg-runs.js'
import { PACED, useFleet } from '../helpers/fleet.js'
import { contentsOf } from '../helpers/folder.js'
import { long } from '../helpers/long.js'
import { waitFor } from '../helpers/wait-for.js'

const fleet = useFleet()
const inParts = (path: string, segmentMs = 2_000) => ({
  input: 'long.mp4',
  outputs: [{ preset: 'tiny', path, split: { segmentMs } }],
})
/** The passes of each attempt, by their names. */
const passesOf = async (id: string) =>
  (await fleet.stack.client.report(id)).attempts.map(({ passes }) => passes.map(({ label }) => label))
const sha256Of = (job: { outputs: { sha256: string | null }[] }) => job.outputs[0]!.sha256

const reached = (id: string, pass: number) =>
  fleet.told(id, (event) => event.type === 'progress' && event.progress.pass.index >= pass)
/** Who made the parts of an output, each once. */
const makersOf = async (id: string) => {
  const { attempts } = await fleet.stack.client.report(id)
  return attempts.flatMap(({ worker, passes }) =>
    passes
      .filter(({ label }) => label.startsWith('part'))
      .map((pass) => ({ label: pass.label, by: pass.worker ?? worker })),
  )
}
/** Of BullMQ's queue of parts. */
const partsKey = async (what: string) => {
  const [meta] = (await fleet.stack.redis.cli('KEYS', 'bull:parts-*:meta')) as string[]
  return meta!.replace(/meta$/, what)
}
/** How many workers encode just now. */
const encoding = async () => (await fleet.encoders()).length

const forget = () => rm(join(fleet.stack.outputRoot, '.ffleet/parts'), { recursive: true })

test('what is encoded is kept when a job is cancelled and a worker killed, and all come to the same bytes', async () => {
  const doomed = await fleet.worker(PACED)
  const { id: cancelled } = await fleet.stack.client.submit(inParts('cancelled.mp4'))
  await reached(cancelled, 2)
  await fleet.stack.client.cancel(cancelled)
  expect(await fleet.ended(cancelled)).toMatchObject({ state: 'cancelled' })
  fleet.watchOutputs(cancelled)

  const id = await fleet.submit(inParts('killed.mp4'))
  await reached(id, 3)
  doomed.signal('SIGKILL')
  await fleet.worker()
  const killed = await fleet.ended(id)
  expect(killed).toMatchObject({ state: 'completed', attempt: 2, warnings: [] })
  expect(await passesOf(id)).toEqual([
    ['part 2 of 3', 'part 3 of 3'],
    ['part 3 of 3', 'join'],
  ])

  await fleet.stack.client.retry(cancelled)
  expect(sha256Of(await fleet.ended(cancelled))).toBe(sha256Of(killed))
  expect((await passesOf(cancelled)).at(-1)).toEqual(['join'])

  await forget()
  const whole = await fleet.submit(inParts('whole.mp4'))
  expect(sha256Of(await fleet.ended(whole))).toBe(sha256Of(killed))
  const percents = (await fleet.events(whole)).flatMap((event) =>
    event.type === 'progress' ? [event.progress.percent ?? 0] : [],
  )
  expect(percents).toEqual(percents.toSorted((a, b) => a - b))
})

test('workers with nothing else to do make parts as well, and it comes to the same bytes', async () => {
  const pair = [await fleet.worker(PACED), await fleet.worker(PACED)]
  const id = await fleet.submit(inParts('by-two.mp4', 1_000))
  const job = await fleet.ended(id)
  expect(job).toMatchObject({ state: 'completed', attempt: 1, warnings: [] })
  const makers = await makersOf(id)
  expect(makers.map(({ label }) => label).sort()).toEqual([1, 2, 3, 4, 5, 6].map((n) => `part ${n} of 6`))
  const workers = [...new Set(makers.map(({ by }) => by))]
  expect(workers).toHaveLength(2)
  for (const worker of workers) expect(makers.filter(({ by }) => by === worker).length).toBeGreaterThan(1)
  expect(await fleet.stack.redis.cli('ZCARD', await partsKey('completed'))).toBe(0)
  const maps = (await fleet.events(id)).flatMap((event) => (event.type === 'progress' ? [event.progress.parts] : []))
  expect(maps.at(-1)).toBe('######')
  for (const worker of pair) worker.signal('SIGTERM')
  await fleet.worker()
  await forget()
  const alone = await fleet.submit(inParts('by-one.mp4', 1_000))
  expect(sha256Of(await fleet.ended(alone))).toBe(sha256Of(job))
})

test('a part is handed back for a job, and nobody makes parts of a cancelled one', async () => {
  await fleet.worker(PACED)
  await fleet.worker(PACED)
  const { mediaRoot } = fleet.stack
  const loop = ['-v', 'error', '-stream_loop', '9', '-i', join(mediaRoot, 'long.mp4'), '-c', 'copy']
  execFileSync(FFMPEG, [...loop, join(mediaRoot, 'minute.mp4')])
  const [output] = inParts('film.mp4').outputs
  const id = await fleet.submit({ input: 'minute.mp4', outputs: [{ ...output!, split: { segmentMs: 20_000 } }] })
  await expect.poll(encoding).toBe(2)
  const shown = await fleet.told(
    id,
    (event) => event.type === 'progress' && event.progress.parts?.match(/>/g)?.length === 2,
  )
  // A slot that was about to help when it got the job hands its part back: another one may be begun meanwhile.
  expect(shown).toMatchObject({ progress: { parts: expect.stringMatching(/^>(>\.|\.>)$/) } })
  const other = await fleet.submit()
  expect((await fleet.phase(other, 'encoding')).type).toBe('phase.changed')
  expect(await fleet.get(id)).toMatchObject({ state: 'active' })
  expect(await fleet.ended(other)).toMatchObject({ state: 'completed', attempt: 1 })
  await expect.poll(encoding).toBe(2)
  await fleet.stack.client.cancel(id)
  expect(await fleet.ended(id)).toMatchObject({ state: 'cancelled' })
  await expect.poll(encoding).toBe(0)
  const left = (await fleet.stack.redis.cli('KEYS', 'bull:parts-*')) as string[]
  expect(left.filter((key) => /:(wait|prioritized|active)$/.test(key))).toEqual([])
})

test('a worker that helps is killed, then the one that it helped: the third one ends it with what is there', async () => {
  const workers = [await fleet.worker(PACED), await fleet.worker(PACED), await fleet.worker(PACED)]
  const id = await fleet.submit(inParts('out.mp4'))
  await expect.poll(encoding).toBe(3)
  const { worker } = await fleet.get(id)
  const { pid } = (await fleet.stack.client.workers()).find((each) => each.id === worker)!
  const holder = workers.find((part) => part.pid === pid)!
  const [helper, third] = workers.filter((part) => part !== holder)
  helper!.signal('SIGKILL')
  await expect.poll(async () => (await fleet.stack.client.report(id)).attempts[0]!.passes.length).toBeGreaterThan(1)
  holder.signal('SIGKILL')
  const job = await fleet.ended(id)
  expect(job).toMatchObject({ state: 'completed', attempt: 2, warnings: [] })
  const last = (await fleet.stack.client.report(id)).attempts.at(-1)!.worker
  expect((await fleet.stack.client.workers()).find(({ id }) => id === last)).toMatchObject({ pid: third!.pid })
})

test('a ladder goes on with the parts of a worker that was killed, made by several, and comes to the same bytes', async () => {
  const ladder = (path: string) => ({
    input: 'long.mp4',
    outputs: [
      {
        preset: 'hls',
        path,
        split: { segmentMs: 2_000 },
        ladder: { segmentMs: 1_000, rungs: [{ height: 90 }, { height: 64 }] },
      },
    ],
  })
  const doomed = await fleet.worker(PACED)
  const id = await fleet.submit(ladder('killed'))
  await reached(id, 2)
  await fleet.worker(PACED)
  doomed.signal('SIGKILL')
  const job = await fleet.ended(id)
  expect(job).toMatchObject({ state: 'completed', attempt: 2, warnings: [] })
  const labels = await passesOf(id)
  expect(labels.at(-1)).toContain('join')
  expect(labels.flat().filter((label) => label === 'part 1 of 3')).toHaveLength(1)
  await forget()
  await fleet.ended(await fleet.submit(ladder('whole')))
  const [killed, whole] = ['killed', 'whole'].map((path) => contentsOf(join(fleet.stack.outputRoot, path)))
  expect(await killed).toEqual(await whole)
})

long(
  'a film in 1,000 parts ends with all of its pictures, and with a report that can be read',
  async () => {
    const film = join(fleet.stack.mediaRoot, 'thousand.mp4')
    const source = ['-f', 'lavfi', '-i', 'testsrc2=size=64x36:rate=5:duration=1000']
    execFileSync(FFMPEG, ['-v', 'error', ...source, '-c:v', 'libx264', '-preset', 'ultrafast', '-g', '5', film])
    await fleet.worker()
    await fleet.worker()
    const outputs = [{ preset: 'tiny', path: 'thousand.mp4', split: { segmentMs: 1_000 } }]
    const id = await fleet.submit({ input: 'thousand.mp4', outputs })
    await waitFor(async () => expect((await fleet.get(id)).state).toBe('completed'), { timeout: 15 * 60_000 })
    expect(await fleet.get(id)).toMatchObject({ attempt: 1, warnings: [] })
    const makers = await makersOf(id)
    expect(new Set(makers.map(({ label }) => label)).size).toBe(1_000)
    expect(new Set(makers.map(({ by }) => by)).size).toBe(2)
  },
  16 * 60_000,
)
