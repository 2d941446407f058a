import { readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import {
  createAttemptFolder,
  listAttemptFolders,
  removeAttemptFolder,
  removeJobFolder,
  sweepAttemptFolders,
} from '../../../src/storage/attempt-folder.js'
import { openScratch } from '../../../src/storage/scratch.js'
import { waitingForRetry } from '../../../workers/made-outputs.js'
import { aFolder } from '../../helpers/folder.js'
import { canMount, mountTmpfs } from '../../helpers/mount.js'

test('an attempt has a folder of its own that nobody else may open, and nothing of it stays', async () => {
  const root = await aFolder()
  const folder = await createAttemptFolder(root, '01J', 2)
  expect(folder).toBe(join(root, '.ffleet/01J/2'))
  for (const path of [folder, dirname(folder)]) expect((await stat(path)).mode & 0o777).toBe(0o700)
  await writeFile(join(folder, 'out.mp4'), 'x')
  await removeAttemptFolder(root, '01J', 2)
  expect(await readdir(join(root, '.ffleet'))).toEqual([])
  await removeAttemptFolder(root, '01J', 2)
})

test('the folder is empty at the start, whatever the same attempt left in it', async () => {
  const root = await aFolder()
  const folder = await createAttemptFolder(root, '01J', 1)
  await writeFile(join(folder, 'half.mp4'), 'x')
  expect(await readdir(await createAttemptFolder(root, '01J', 1))).toEqual([])
})

test('a sweep takes former attempts of the job and nothing else', async () => {
  const root = await aFolder()
  for (const attempt of [1, 2, 3, 10]) await createAttemptFolder(root, '01J', attempt)
  await createAttemptFolder(root, '01K', 1)
  await sweepAttemptFolders(root, '01J', 10)
  await sweepAttemptFolders(root, '01NONE', 3)
  const left = await listAttemptFolders(root)
  expect(left.map(({ jobId, attempt }) => [jobId, attempt]).sort()).toEqual([
    ['01J', 10],
    ['01K', 1],
  ])
  await removeJobFolder(root, '01J')
  expect(await listAttemptFolders(root)).toMatchObject([{ jobId: '01K', path: join(root, '.ffleet/01K/1') }])
})

test('removing one attempt while another one of the job begins loses neither', async () => {
  const root = await aFolder()
  for (let attempt = 1; attempt <= 30; attempt += 1) {
    await createAttemptFolder(root, '01J', attempt)
    const [, next] = await Promise.all([
      removeAttemptFolder(root, '01J', attempt),
      createAttemptFolder(root, '01J', attempt + 1),
    ])
    expect((await stat(next)).isDirectory()).toBe(true)
    await removeAttemptFolder(root, '01J', attempt + 1)
  }
})

test('what is noted of an attempt is passed on with its folder, and goes with it', async () => {
  const root = await aFolder()
  const scratch = openScratch(root)
  await writeFile(join(await scratch.create('01J', 1), 'out.mp4'), 'x')
  await scratch.note('01J', 1, [{ staged: 'out.mp4' }])
  expect(await scratch.list()).toMatchObject([{ attempt: 1, hasNote: true }])
  await scratch.passOn('01J', 1, 3)
  expect(await readdir(scratch.path('01J', 3))).toEqual(['out.mp4'])
  expect([await scratch.noted('01J', 1), await scratch.noted('01J', 3)]).toEqual([null, [{ staged: 'out.mp4' }]])
  await writeFile(join(scratch.path('01J', 3), '../3.json'), '[{"sta')
  expect(await scratch.noted('01J', 3)).toBe(null)
  await rm(scratch.path('01J', 3), { recursive: true })
  expect(await scratch.list()).toMatchObject([{ attempt: 3, hasNote: true }])
  await scratch.sweep('01J', 4)
  expect(await readdir(join(root, '.ffleet'))).toEqual([])
})

test('of what failed jobs have made the newest is kept for a retry, as far as there is room', async () => {
  const scratch = openScratch(await aFolder())
  for (const [i, jobId] of ['01OLD', '01NEW', '01RUNS', '01BARE'].entries()) {
    const folder = await scratch.create(jobId, 1)
    await writeFile(join(folder, 'out.mp4'), Buffer.alloc(100_000))
    if (jobId !== '01BARE') await scratch.note(jobId, 1, [])
    await utimes(folder, i, i)
  }
  const kept = async (mostBytes: number) => {
    const hasFailed = async (jobId: string) => jobId !== '01RUNS'
    return [...(await waitingForRetry({ scratch }, await scratch.list(), { mostBytes, hasFailed }))]
  }
  expect(await kept(1_000_000)).toEqual(['01NEW', '01OLD'])
  expect(await kept(150_000)).toEqual(['01NEW'])
  expect(await kept(0)).toEqual([])
})

test.each(['../x', '.', '', 'a/b', '..'])('%j is no job id', async (jobId) => {
  await expect(createAttemptFolder(await aFolder(), jobId, 1)).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test('a root where no folder can be made is given up', async () => {
  await expect(createAttemptFolder('/proc/ffleet', '01J', 1)).rejects.toMatchObject({
    code: expect.stringMatching(/^[A-Z_]+$/),
  })
})

test.skipIf(!canMount)('a root that cannot be written is told by its code, without a path', async () => {
  const root = join(await aFolder(), 'mounted')
  mountTmpfs(root, 64 * 1024).readOnly()
  await expect(createAttemptFolder(root, '01J', 1)).rejects.toMatchObject({
    code: 'OUTPUT_NOT_WRITABLE',
    message: 'The folder for unfinished outputs cannot be created (EROFS).',
  })
})
