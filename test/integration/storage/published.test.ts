import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { listPublished, openPublished } from '../../../src/storage/published.js'
import { aFolder } from '../../helpers/folder.js'

const SHA = createHash('sha256').update('video').digest('hex')

async function aRoot() {
  const folder = await aFolder()
  const root = join(folder, 'outputs')
  await mkdir(join(root, 'hls/sub'), { recursive: true })
  await writeFile(join(root, 'x.mp4'), 'video')
  await writeFile(join(root, 'hls/list.m3u8'), 'list')
  await writeFile(join(folder, 'secret'), 'outside')
  return { folder, root }
}

const open = async (root: string, path: string, sha256: string | null = null) => {
  const file = await openPublished(root, path, sha256 === null ? null : { sha256, identity: null })
  await file.close()
  return file
}

describe('a published file', () => {
  test('comes with its size, time and a tag that begins with its hash', async () => {
    const { root } = await aRoot()
    await utimes(join(root, 'x.mp4'), 1_700_000_000, 1_700_000_000)
    const file = await open(root, 'x.mp4', SHA)
    expect(file.bytes).toBe(5)
    expect(file.modifiedAt).toEqual(new Date(1_700_000_000_000))
    expect(file.etag).toMatch(new RegExp(`^"${SHA.slice(0, 32)}-`))
  })

  test('has another tag once somebody wrote other bytes of the same length to its path', async () => {
    const { root } = await aRoot()
    const { etag } = await open(root, 'x.mp4')
    await writeFile(join(root, 'x.mp4'), 'VIDEO')
    await utimes(join(root, 'x.mp4'), 1, 1)
    expect((await open(root, 'x.mp4')).etag).not.toBe(etag)
  })

  test('may be reached over a link inside the root, not over one that leads out', async () => {
    const { folder, root } = await aRoot()
    await symlink('x.mp4', join(root, 'inside.mp4'))
    await symlink(join(folder, 'secret'), join(root, 'outside.mp4'))
    await symlink(folder, join(root, 'hls/up'))
    expect((await open(root, 'inside.mp4')).bytes).toBe(5)
    for (const path of ['outside.mp4', 'hls/up/secret', '../secret', join(folder, 'secret'), 'hls/../../secret']) {
      await expect(openPublished(root, path, null)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    }
  })

  test('is not found where there is a folder, a pipe, nothing, or something odd', async () => {
    const { root } = await aRoot()
    spawnSync('mkfifo', [join(root, 'pipe')])
    await symlink('loop', join(root, 'loop'))
    for (const path of ['hls', 'pipe', 'none', 'x.mp4/y', 'loop', 'a\0b', '', 'x'.repeat(300)]) {
      await expect(openPublished(root, path, null), path).rejects.toMatchObject({ code: 'NOT_FOUND' })
    }
  })
})

describe('a published folder', () => {
  test('lists its regular files, however deep, and opens them by their paths', async () => {
    const { folder, root } = await aRoot()
    await writeFile(join(root, 'hls/sub/1.ts'), 'seg')
    await symlink(join(folder, 'secret'), join(root, 'hls/link'))
    expect(await listPublished(root, 'hls')).toEqual([
      { path: 'list.m3u8', bytes: 4 },
      { path: 'sub/1.ts', bytes: 3 },
    ])
    expect((await open(root, 'hls/sub/1.ts')).bytes).toBe(3)
  })

  test('is not found where there is none', async () => {
    const { root } = await aRoot()
    for (const path of ['none', 'x.mp4', '..']) {
      await expect(listPublished(root, path)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    }
  })
})

test('a root that is gone means not found, too', async () => {
  const { root } = await aRoot()
  await expect(openPublished(join(root, 'none'), 'x.mp4', null)).rejects.toMatchObject({ code: 'NOT_FOUND' })
})
