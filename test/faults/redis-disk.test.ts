import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { useFleet } from '../helpers/fleet.js'
import { canMount } from '../helpers/mount.js'

const onSmallDisk = canMount ? describe : describe.skip

onSmallDisk("a full disk under Redis's append-only file", () => {
  const dir = mkdtempSync(join(tmpdir(), 'ffleet-aof-'))
  if (canMount) spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', dir])
  const fleet = useFleet({ redis: { dir, args: ['--appendonly', 'yes', '--appendfsync', 'everysec'] } })
  afterAll(() => {
    spawnSync('umount', ['-l', dir])
    rmSync(dir, { recursive: true, force: true })
  })

  test('is a 503 with Retry-After, and passes when there is room again', async () => {
    await fleet.worker()
    const filler = join(dir, 'filler')
    await writeFile(filler, Buffer.alloc(4 * 1024 * 1024)).catch(() => {})
    const submit = () =>
      fetch(`${fleet.stack.baseUrl}/v1/jobs`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': 'full' },
        body: JSON.stringify({ input: 'in.mp4', outputs: [{ preset: 'tiny' }] }),
      })
    let refused: Response
    await expect
      .poll(
        async () => {
          // Redis notices with a write that does not fit.
          await fleet.stack.redis.cli('SET', 'ballast', 'x'.repeat(10_000)).catch(() => {})
          refused = await submit()
          return refused.status
        },
        { timeout: 10_000 },
      )
      .toBe(503)
    expect(refused!.headers.get('retry-after')).toMatch(/^\d+$/)
    rmSync(filler)
    await expect.poll(async () => (await submit()).status).toBe(202)
    const { id } = (await (await submit()).json()) as { id: string }
    fleet.watch(id)
    expect(await fleet.ended(id)).toMatchObject({ state: 'completed' })
  })
})
