import { spawnSync } from 'node:child_process'
import { link, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { resolveInput } from '../../../src/storage/inputs.js'
import { type PlaceOptions, requireWritable, resolveOutput } from '../../../src/storage/places.js'
import { aFolder } from '../../helpers/folder.js'
import { canMount, mountTmpfs } from '../../helpers/mount.js'

async function aRoot() {
  const folder = await aFolder()
  const root = join(folder, 'outputs')
  await mkdir(join(root, 'sub'), { recursive: true })
  await writeFile(join(root, 'old.mp4'), 'former')
  return { folder, root }
}

async function answer(root: string, path: string, options?: PlaceOptions): Promise<string> {
  return resolveOutput(root, path, options).then(
    (place) => `at ${place.relative}`,
    (error) => `${error.code}: ${error.message}`,
  )
}

describe('places', () => {
  test('new ones, also below folders that do not exist yet, and ones to be replaced', async () => {
    const { root } = await aRoot()
    expect(await resolveOutput(root, 'x/y/./z.mp4')).toEqual({
      relative: 'x/y/z.mp4',
      path: join(root, 'x/y/z.mp4'),
      taken: false,
    })
    expect(await answer(root, 'old.mp4')).toBe('at old.mp4')
    expect(await answer(root, 'sub', { folder: true })).toBe('at sub')
    expect(await answer(root, 'new/', { folder: true })).toBe('at new')
  })

  test.each(['ü/12:30 %d.mp4', '-y.mp4', 'back\\slash', '.hidden/x', 'ffleet/.ffleet/x', `${'x'.repeat(251)}.mp4`])(
    '%s is an ordinary name',
    async (path) => {
      const { root } = await aRoot()
      expect(await answer(root, path)).toBe(`at ${path}`)
    },
  )

  test('links inside the root are followed, so that their target is what is replaced', async () => {
    const { root } = await aRoot()
    await symlink('sub', join(root, 'alias'))
    await symlink('old.mp4', join(root, 'link.mp4'))
    expect(await resolveOutput(root, 'alias/x.mp4')).toEqual({
      relative: 'alias/x.mp4',
      path: join(root, 'sub/x.mp4'),
      taken: false,
    })
    expect(await resolveOutput(root, 'link.mp4')).toMatchObject({ path: join(root, 'old.mp4'), taken: true })
  })
})

describe('refusals', () => {
  test.each([
    ['../x.mp4', 'PATH_OUTSIDE_ROOT'],
    ['a/../x.mp4', 'PATH_OUTSIDE_ROOT'],
    ['/x.mp4', 'PATH_OUTSIDE_ROOT'],
    ['', 'INVALID_REQUEST'],
    ['.', 'INVALID_REQUEST'],
    ['x/', 'INVALID_REQUEST'],
    ['a\0b', 'INVALID_REQUEST'],
    ['a\nb', 'INVALID_REQUEST'],
    ['s3://bucket/x.mp4', 'INVALID_REQUEST'],
    ['.ffleet', 'INVALID_REQUEST'],
    ['./.ffleet/01J/1/x.mp4', 'INVALID_REQUEST'],
    ['.FFLEET/x', 'INVALID_REQUEST'],
    [`${'x'.repeat(256)}`, 'INVALID_REQUEST'],
    [`${'ü'.repeat(128)}`, 'INVALID_REQUEST'],
    [`${'d/'.repeat(2_000)}x`, 'INVALID_REQUEST'],
    ['sub', 'INVALID_REQUEST'],
    ['old.mp4/x.mp4', 'INVALID_REQUEST'],
  ])('%j is %s', async (path, code) => {
    const { root } = await aRoot()
    expect(await answer(root, path)).toMatch(new RegExp(`^${code}: `))
  })

  test('a file at the path of a folder, and what is neither', async () => {
    const { root } = await aRoot()
    spawnSync('mkfifo', [join(root, 'pipe')])
    expect(await answer(root, 'old.mp4', { folder: true })).toBe(
      'INVALID_REQUEST: A file stands at the path of a folder.',
    )
    expect(await answer(root, 'pipe')).toBe('INVALID_REQUEST: Something that is no file stands at the output path.')
  })

  test('links out of the root, into the scratch folder, and to nowhere', async () => {
    const { folder, root } = await aRoot()
    await mkdir(join(root, '.ffleet'))
    await symlink(folder, join(root, 'out'))
    await symlink(join(folder, 'x.mp4'), join(root, 'dangling.mp4'))
    await symlink('.ffleet', join(root, 'scratch'))
    expect(await answer(root, 'out/x.mp4')).toMatch(/^PATH_OUTSIDE_ROOT/)
    expect(await answer(root, 'out')).toMatch(/^PATH_OUTSIDE_ROOT/)
    expect(await answer(root, 'dangling.mp4')).toMatch(/^INVALID_REQUEST/)
    expect(await answer(root, 'scratch/x')).toMatch(/^PATH_OUTSIDE_ROOT/)
  })

  test('the input itself, also under another name', async () => {
    const { root } = await aRoot()
    await link(join(root, 'old.mp4'), join(root, 'other.mp4'))
    const input = await resolveInput(root, 'old.mp4')
    for (const path of ['old.mp4', 'other.mp4']) {
      expect(await answer(root, path, { inputs: [input] })).toBe(
        'INVALID_REQUEST: The output path is the input itself.',
      )
    }
    expect(await answer(root, 'new.mp4', { inputs: [input] })).toBe('at new.mp4')
  })

  test("ffleet's own data, where it lies in the output root; not where the root lies in it", async () => {
    const { folder, root } = await aRoot()
    await mkdir(join(root, 'data/redis'), { recursive: true })
    await symlink('data', join(root, 'alias'))
    const keepOut = [join(root, 'data')]
    for (const path of ['data', 'data/redis/x.aof', 'alias/reports/x']) {
      expect(await answer(root, path, { keepOut, folder: true })).toBe(
        "INVALID_REQUEST: The output path lies in ffleet's own folder.",
      )
    }
    expect(await answer(root, 'database.mp4', { keepOut })).toBe('at database.mp4')
    expect(await answer(root, 'x.mp4', { keepOut: [folder] })).toBe('at x.mp4')
  })

  test('a root that is missing tells no path of the host', async () => {
    const { root } = await aRoot()
    expect(await answer(`${root}/none`, 'x.mp4')).toBe(
      'OUTPUT_NOT_WRITABLE: The output path cannot be reached (ENOENT).',
    )
  })
})

describe('a place that could be written to', () => {
  test('is in a folder that may be, or below one that is still to be made', async () => {
    const { root } = await aRoot()
    for (const path of ['x.mp4', 'old.mp4', 'sub/x.mp4', 'new/newer/x.mp4']) await requireWritable(join(root, path))
  })

  test.skipIf(!canMount)('is in no folder of a read-only disk', async () => {
    const { root } = await aRoot()
    mountTmpfs(join(root, 'sub'), 64 * 1024).readOnly()
    for (const path of ['sub/x.mp4', 'sub/new/x.mp4']) {
      await expect(requireWritable(join(root, path))).rejects.toMatchObject({
        code: 'OUTPUT_NOT_WRITABLE',
        message: 'The folder of the output cannot be written to (EROFS).',
      })
    }
    await requireWritable(join(root, 'x.mp4'))
  })
})
