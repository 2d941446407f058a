/** Workers and APIs in other folders than their fleet's. */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { FfleetApiError } from '../../src/client/index.js'
import { useFleet } from '../helpers/fleet.js'
import { long, some } from '../helpers/long.js'

const fleet = useFleet()

const folders: string[] = []
/** A folder of a test's own, beside those of the fleet. */
async function otherFolder(name: string, files: string[] = []): Promise<string> {
  const folder = join(fleet.stack.folder, name)
  folders.push(folder)
  await mkdir(folder)
  for (const file of files) await writeFile(join(folder, file), file)
  return folder
}
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})

const stateOf = async () => (await fleet.stack.client.workers())[0]?.state

/** Starts a worker that must not come up; gives what it says. */
async function refused(env: Record<string, string>): Promise<string> {
  const error = (await fleet.stack.startWorker(env).catch((reason: unknown) => reason)) as Error
  const part = fleet.stack.workers.pop()!
  expect(await part.ended).toEqual({ code: 2, signal: null })
  return error.message
}

const ELSEWHERE: [string, string[], string][] = [
  ['FFLEET_OUTPUT_ROOT', [], 'this one is empty, or not mounted'],
  ['FFLEET_MEDIA_ROOT', [], 'what stands there is not here'],
  ['FFLEET_MEDIA_ROOT', ['holiday.mov'], 'what stands there is not here'],
]

test.each(some(ELSEWHERE, 2))(
  'a worker with another %s (%j) does not start, and takes no job',
  async (key, files, why) => {
    const announced = async () => (await fleet.stack.redis.cli('EXISTS', 'ffleet:roots:fresh')) === 1
    // Before the first announcement after the database was emptied nothing is known; a restart announces at once.
    if (!(await announced())) await restartApi()
    const id = await fleet.submit()
    const said = await refused({ [key]: await otherFolder('elsewhere', files) })
    expect(said).toContain(key)
    expect(said).toContain(why)
    expect(said).not.toMatch(/\n\s+at /)
    await fleet.worker()
    expect(await fleet.ended(id)).toMatchObject({ state: 'completed', attempt: 1 })
  },
)

async function restartApi(): Promise<void> {
  fleet.stack.api.signal('SIGTERM')
  await fleet.stack.api.ended
  await fleet.stack.startApi()
}

test('a worker whose output root vanishes takes no more until it is back', async () => {
  await restartApi()
  await fleet.worker()
  const { outputRoot } = fleet.stack
  await rename(outputRoot, `${outputRoot}-away`)
  await mkdir(outputRoot)
  await expect.poll(stateOf).toBe('unhealthy')
  const { id } = await fleet.stack.client.submit({ input: 'in.mp4', outputs: [{ preset: 'tiny' }] })
  await rm(outputRoot, { recursive: true })
  await rename(`${outputRoot}-away`, outputRoot)
  await expect.poll(stateOf).toBe('running')
  expect(await fleet.ended(id)).toMatchObject({ state: 'completed', attempt: 1 })
  fleet.watch(id)
})

test('an API with another output root does not start beside one that runs', async () => {
  await restartApi()
  const { api } = fleet.stack
  const env = { FFLEET_OUTPUT_ROOT: await otherFolder('others-outputs'), FFLEET_PORT: '0' }
  const second = fleet.stack.startPart('api', env)
  expect(await second.ended).toEqual({ code: 2, signal: null })
  expect(second.output()).toContain('FFLEET_OUTPUT_ROOT')
  expect(second.output()).toContain('the folder that the API on')
  expect(fleet.stack.api).toBe(api)
})

test('an API that starts while Redis is away serves once it is there, and ends when its folders are not the fleet’s', async () => {
  await restartApi()
  const redis = fleet.stack.redis
  const { outputRoot } = fleet.stack
  redis.signal('SIGSTOP')
  const second = fleet.stack.startPart('api', { FFLEET_PORT: '0', FFLEET_OUTPUT_ROOT: await otherFolder('later') })
  const same = fleet.stack.startPart('api', { FFLEET_PORT: '0', FFLEET_OUTPUT_ROOT: outputRoot })
  const urlOf = (part: typeof same) => /http:\S+/.exec(part.output())?.[0]
  for (const part of [same, second]) await expect.poll(() => urlOf(part), { timeout: 20_000 }).toBeDefined()
  expect((await fetch(`${urlOf(same)}/readyz`)).status).toBe(503)
  redis.signal('SIGCONT')
  expect(await second.ended).toEqual({ code: 1, signal: null })
  expect(second.output()).toContain('FFLEET_OUTPUT_ROOT')
  await expect.poll(async () => (await fetch(`${urlOf(same)}/readyz`)).status, { timeout: 20_000 }).toBe(200)
  same.signal('SIGTERM')
  expect(await same.ended).toEqual({ code: 0, signal: null })
})

long('what a worker reports into a data folder of its own is told to be there, not to be missing', async () => {
  await restartApi()
  await fleet.worker({ FFLEET_DATA_DIR: await otherFolder('own-data') })
  const id = await fleet.submit()
  expect(await fleet.ended(id)).toMatchObject({ state: 'completed' })
  for (const ask of [() => fleet.stack.client.report(id), () => fleet.stack.client.log(id)]) {
    const error = (await ask().catch((reason: unknown) => reason)) as FfleetApiError
    expect(error).toMatchObject({ code: 'NOT_FOUND' })
    expect(error.message).toMatch(/^Worker w-\w+ on \S+ reports into a data folder that this API does not share/)
    expect(error.hint).toContain('FFLEET_DATA_DIR')
  }
})
