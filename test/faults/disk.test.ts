import { spawnSync } from 'node:child_process'
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ROOT_FILE } from '../../src/storage/names.js'
import { program, TINY, useFleet } from '../helpers/fleet.js'
import { long } from '../helpers/long.js'
import { canMount, mountTmpfs } from '../helpers/mount.js'

const fleet = useFleet()

// Where mounting is not allowed there is no filesystem small enough to be filled.
const onSmallDisk = canMount ? describe : describe.skip

/** A small disk as the output root; it is the fleet's, as it has its mark. */
async function smallDisk(bytes: number) {
  const mark = join(fleet.stack.outputRoot, ROOT_FILE)
  const id = await readFile(mark)
  const disk = mountTmpfs(fleet.stack.outputRoot, bytes)
  await writeFile(mark, id)
  return disk
}

/** Fills what is left of a filesystem; gives the file that does it. */
async function fill(folder: string): Promise<string> {
  const filler = join(folder, 'filler')
  await writeFile(filler, Buffer.alloc(64 * 1024 * 1024)).catch(() => {})
  return filler
}

onSmallDisk('a full disk', () => {
  test('under an mp4 is DISK_FULL, tried again, and shows nothing', async () => {
    await smallDisk(64 * 1024)
    await fleet.worker()
    const id = await fleet.submit({
      input: 'long.mp4',
      outputs: [{ preset: 'tiny', video: { crf: 1 } }],
      maxAttempts: 2,
    })
    expect(await fleet.ended(id)).toMatchObject({ state: 'failed', attempt: 2, error: { code: 'DISK_FULL' } })
  })

  long('under a folder of pictures is DISK_FULL and shows nothing', async () => {
    await smallDisk(32 * 1024)
    await fleet.worker()
    const id = await fleet.submit({ input: 'long.mp4', outputs: [{ preset: 'thumbnails' }], maxAttempts: 1 })
    expect(await fleet.ended(id)).toMatchObject({ state: 'failed', error: { code: 'DISK_FULL' } })
  })

  test('under the segments of a ladder is DISK_FULL, and shows nothing', async () => {
    await smallDisk(8 * 1024 * 1024)
    const fault = fleet.fault(/^before mkdir .*\/1\/out-0\/video-/, 'hold')
    await fleet.worker(fault.env)
    const ladder = { rungs: [{ height: 120 }], segmentMs: 1_000 }
    const id = await fleet.submit({ input: 'long.mp4', outputs: [{ preset: 'hls', ladder }], maxAttempts: 1 })
    await expect.poll(() => fault.reached()).toBe(true)
    const filler = await fill(fleet.stack.outputRoot)
    await fault.release()
    const job = await fleet.ended(id)
    await rm(filler)
    expect(job).toMatchObject({ state: 'failed', error: { code: 'DISK_FULL' } })
    expect(job.error!.detail).toContain('The output cannot be finished (ENOSPC)')
  })

  test('that is emptied in time lets the next attempt pass', async () => {
    await smallDisk(2 * 1024 * 1024)
    const filler = await fill(fleet.stack.outputRoot)
    await fleet.worker({ FFLEET_BACKOFF_MS: '500' })
    const id = await fleet.submit({ maxAttempts: 10 })
    await fleet.told(id, (event) => event.type === 'attempt.failed' && event.error.code === 'DISK_FULL')
    await rm(filler)
    expect(await fleet.ended(id)).toMatchObject({ state: 'completed' })
  })

  long('under reports and logs fails no encode', async () => {
    mountTmpfs(join(fleet.stack.dataDir, 'reports'), 16 * 1024)
    await fill(join(fleet.stack.dataDir, 'reports'))
    await fleet.worker()
    expect(await fleet.ended(await fleet.submit())).toMatchObject({ state: 'completed', attempt: 1 })
  })

  long('read-only is a clear error', async () => {
    const disk = await smallDisk(1024 * 1024)
    await fleet.worker()
    disk.readOnly()
    const id = await fleet.submit()
    expect(await fleet.ended(id)).toMatchObject({ state: 'failed', error: { code: 'OUTPUT_NOT_WRITABLE' } })
    spawnSync('mount', ['-o', 'remount,rw', fleet.stack.outputRoot])
  })

  long('read-only where the output is to go is told before anything is encoded', async () => {
    const archive = mountTmpfs(join(fleet.stack.outputRoot, 'archive'), 1024 * 1024)
    archive.readOnly()
    await fleet.worker()
    const id = await fleet.submit({ outputs: [{ preset: 'tiny', path: 'archive/2026/out.mp4' }] })
    expect(await fleet.ended(id)).toMatchObject({
      state: 'failed',
      error: { code: 'OUTPUT_NOT_WRITABLE', detail: 'The folder of the output cannot be written to (EROFS).' },
    })
    expect(JSON.stringify(await fleet.events(id))).not.toContain('"encoding"')
    archive.unmount()
  })

  long('that goes read-only in the middle of an encode is a clear error', async () => {
    const fault = fleet.fault(/^before sync .*\/1\/out-0\.mp4$/, 'EROFS')
    await fleet.worker(fault.env)
    const id = await fleet.submit()
    expect(await fleet.ended(id)).toMatchObject({ state: 'failed', error: { code: 'OUTPUT_NOT_WRITABLE' } })
  })

  test('that is read-only as an output is published is a clear error, and a retry publishes it without encoding again', async () => {
    const fault = fleet.fault(/^before link .*\/1\/out-0\.mp4 /, 'EROFS')
    await fleet.worker(fault.env)
    const { id } = await fleet.stack.client.submit({ input: 'in.mp4', outputs: [TINY], maxAttempts: 1 })
    expect(await fleet.ended(id)).toMatchObject({ state: 'failed', error: { code: 'OUTPUT_NOT_WRITABLE' } })
    await fleet.stack.client.retry(id)
    fleet.watchOutputs(id)
    expect(await fleet.ended(id)).toMatchObject({ state: 'completed', attempt: 2 })
    const { attempts } = await fleet.stack.client.report(id)
    expect(attempts.map(({ passes }) => passes.length)).toEqual([1, 0])
  })
})

describe('a folder that vanishes', () => {
  test('with the inputs in it: the worker is named, and the job is tried again', async () => {
    const fault = fleet.fault(/^before realpath .*\/in\.mp4$/, 'hold')
    await fleet.worker(fault.env)
    const id = await fleet.submit()
    await expect.poll(() => fault.reached()).toBe(true)
    await rename(fleet.stack.mediaRoot, `${fleet.stack.mediaRoot}-away`)
    await fault.release()
    const failed = await fleet.told(id, (event) => event.type === 'attempt.failed')
    await rename(`${fleet.stack.mediaRoot}-away`, fleet.stack.mediaRoot)
    await expect.poll(() => fault.reached()).toBe(true)
    await fault.release()
    const detail = expect.stringMatching(/^The media root of w-\S+ on \S+ is empty, or not there\.$/)
    expect(failed).toMatchObject({ willRetry: true, error: { code: 'MEDIA_ROOT_UNAVAILABLE', detail } })
    expect(await fleet.ended(id)).toMatchObject({ state: 'completed' })
  })

  long('an input that is gone is looked for by as many attempts as there may be, and the worker is named', async () => {
    const fault = fleet.fault(/^before realpath .*\/in\.mp4$/, 'hold')
    await fleet.worker(fault.env)
    const id = await fleet.submit({ maxAttempts: 2 })
    await expect.poll(() => fault.reached()).toBe(true)
    const path = join(fleet.stack.mediaRoot, 'in.mp4')
    await rename(path, `${path}-away`)
    await fault.release()
    await fleet.told(id, (event) => event.type === 'attempt.failed')
    await expect.poll(() => fault.reached()).toBe(true)
    await fault.release()
    const job = await fleet.ended(id)
    await rename(`${path}-away`, path)
    expect(job).toMatchObject({ state: 'failed', attempt: 2, error: { code: 'INPUT_NOT_FOUND' } })
    expect(job.error!.detail).toMatch(/^w-\S+ on \S+ does not find the input/)
    expect(job.error!.detail).not.toContain(fleet.stack.folder)
  })

  test('with the unfinished outputs in it: the job ends with a clear error', async () => {
    await fleet.worker({ FFLEET_FFMPEG: program('paced.sh') })
    const id = await fleet.submit({ maxAttempts: 1 })
    await fleet.told(id, (event) => event.type === 'progress' && (event.progress.frame ?? 0) > 0)
    await rm(join(fleet.stack.outputRoot, '.ffleet'), { recursive: true })
    const job = await fleet.ended(id)
    expect(job).toMatchObject({
      state: 'failed',
      error: { code: expect.stringMatching(/^(OUTPUT_INVALID|ENCODER_FAILED)$/) },
    })
  })

  test('with the verified output in it, after the commit: failed, and nothing is shown', async () => {
    const fault = fleet.fault(/^before link .*\/1\/out-0\.mp4 -> /, 'hold')
    await fleet.worker(fault.env)
    const id = await fleet.submit({ maxAttempts: 1 })
    await expect.poll(() => fault.reached()).toBe(true)
    await rm(join(fleet.stack.outputRoot, '.ffleet'), { recursive: true })
    await fault.release()
    expect(await fleet.ended(id)).toMatchObject({ state: 'failed' })
    expect(await readdir(fleet.stack.outputRoot)).not.toContain('.ffleet')
  })
})
