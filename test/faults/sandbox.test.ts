import { readdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findSandbox } from '../../src/ffmpeg/index.js'
import { program, useFleet } from '../helpers/fleet.js'
import { aFolder } from '../helpers/folder.js'

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
  expect(await fleet.stack.client.workers()).toMatchObject([{ sandbox: 'pdeathsig' }])
  const refused = fleet.stack.startPart('worker', { ...none, FFLEET_SANDBOX: 'bwrap' })
  expect((await refused.ended).code).not.toBe(0)
  expect(refused.output()).toContain('FFLEET_SANDBOX is "bwrap"; it takes none, or a bubblewrap that starts.')
  const byName = await fleet.worker({ ...none, FFLEET_SANDBOX: 'none' })
  expect(byName.output()).not.toContain('sandbox')
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
