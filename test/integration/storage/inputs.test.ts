import { spawnSync } from 'node:child_process'
import { chmod, link, mkdir, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { resolveInput } from '../../../src/storage/inputs.js'
import { aFolder } from '../../helpers/folder.js'

async function aRoot() {
  const folder = await aFolder()
  const root = join(folder, 'media')
  await mkdir(join(root, 'sub'), { recursive: true })
  await writeFile(join(root, 'a.mp4'), 'video')
  await writeFile(join(folder, 'secret.mp4'), 'outside')
  return { folder, root }
}

const codeOf = (root: string, uri: string) =>
  resolveInput(root, uri).then(
    () => 'found',
    (error) => error.code,
  )

describe('files', () => {
  test('are found by their path below the root, however it is written', async () => {
    const { root } = await aRoot()
    await writeFile(join(root, 'sub/ü b.mp4'), 'xy')
    expect(await resolveInput(root, 'a.mp4')).toMatchObject({ path: join(root, 'a.mp4'), bytes: 5 })
    expect(await resolveInput(root, './sub//ü b.mp4')).toMatchObject({ path: join(root, 'sub/ü b.mp4'), bytes: 2 })
  })

  test.each([
    'a:b.mp4',
    '12:30 talk.mp4',
    'back\\slash.mp4',
    '-i.mp4',
    '%d.png',
    'concat:a.mp4',
    'line\nbreak.mp4',
    '*.mp4',
  ])('%j is a file like any other when it exists', async (name) => {
    const { root } = await aRoot()
    await writeFile(join(root, name), 'x')
    expect(await resolveInput(root, name)).toMatchObject({ path: join(root, name), bytes: 1 })
  })

  test('an empty file is a file; whether it is media is not asked here', async () => {
    const { root } = await aRoot()
    await writeFile(join(root, 'empty.mp4'), '')
    expect((await resolveInput(root, 'empty.mp4')).bytes).toBe(0)
  })

  test('a root that is itself a link is fine, and so is a link inside it', async () => {
    const { folder, root } = await aRoot()
    await symlink(root, join(folder, 'alias'))
    await symlink('../a.mp4', join(root, 'sub/link.mp4'))
    expect((await resolveInput(join(folder, 'alias'), 'sub/link.mp4')).path).toBe(join(root, 'a.mp4'))
  })
})

describe('schemes', () => {
  test.each([
    'concat:a.mp4',
    'file:a.mp4',
    'pipe:0',
    'data:video/mp4;base64,AA',
    'http://h/a.mp4',
    'HTTPS://h/a',
    's3://b/k',
  ])('%s is not allowed', async (uri) => {
    const { root } = await aRoot()
    const error = await resolveInput(root, uri).catch((thrown) => thrown)
    expect(error.code).toBe('SCHEME_NOT_ALLOWED')
    expect(error.message).toMatch(/allowed are paths relative to the media root and URLs/)
  })

  test('a file cannot be named so that it takes the place of a scheme', async () => {
    const { root } = await aRoot()
    await writeFile(join(root, 'upload:42'), 'x')
    await mkdir(join(root, 'ftp:/h'), { recursive: true })
    await writeFile(join(root, 'ftp:/h/a.mp4'), 'x')
    expect(await codeOf(root, 'upload:42')).toBe('SCHEME_NOT_ALLOWED')
    expect(await codeOf(root, 'ftp://h/a.mp4')).toBe('SCHEME_NOT_ALLOWED')
  })

  test('a colon that begins no scheme belongs to a name', async () => {
    const { root } = await aRoot()
    expect(await codeOf(root, '12:30 talk.mp4')).toBe('INPUT_NOT_FOUND')
    expect(await codeOf(root, 'sub/concat:a.mp4')).toBe('INPUT_NOT_FOUND')
  })
})

describe('what leads out of the root', () => {
  test.each(['../secret.mp4', 'sub/../../secret.mp4', 'sub/../a.mp4', '..', '/etc/passwd', '//etc/passwd'])(
    '%s',
    async (uri) => {
      const { root } = await aRoot()
      expect(await codeOf(root, uri)).toBe('PATH_OUTSIDE_ROOT')
    },
  )

  test('a link to a file, a link to a folder, and a link through another one', async () => {
    const { folder, root } = await aRoot()
    await symlink(join(folder, 'secret.mp4'), join(root, 'file.mp4'))
    await symlink(folder, join(root, 'folder'))
    await symlink('folder/secret.mp4', join(root, 'twice.mp4'))
    for (const uri of ['file.mp4', 'folder/secret.mp4', 'twice.mp4'])
      expect(await codeOf(root, uri)).toBe('PATH_OUTSIDE_ROOT')
  })

  test('a folder beside the root whose name begins like it', async () => {
    const { folder, root } = await aRoot()
    await mkdir(`${root}-private`)
    await writeFile(join(`${root}-private`, 'x.mp4'), 'x')
    await symlink(join(folder, 'media-private/x.mp4'), join(root, 'x.mp4'))
    expect(await codeOf(root, 'x.mp4')).toBe('PATH_OUTSIDE_ROOT')
  })

  test('its error tells no path of the host', async () => {
    const { folder, root } = await aRoot()
    await symlink(folder, join(root, 'folder'))
    for (const uri of ['folder/secret.mp4', 'no.mp4', 'sub', `${'x'.repeat(300)}.mp4`]) {
      const error = await resolveInput(root, uri).catch((thrown) => thrown)
      expect(error.message).not.toContain(folder)
    }
  })
})

describe('what is no regular file', () => {
  test('a folder, the root, a device, and a folder with a slash behind it', async () => {
    const { root } = await aRoot()
    for (const uri of ['sub', '.', 'sub/']) expect(await codeOf(root, uri)).toBe('NOT_A_REGULAR_FILE')
    expect(await codeOf('/dev', 'null')).toBe('NOT_A_REGULAR_FILE')
  })

  test('a named pipe is refused without waiting for a writer', async () => {
    const { root } = await aRoot()
    spawnSync('mkfifo', [join(root, 'pipe.mp4')])
    const error = await resolveInput(root, 'pipe.mp4').catch((thrown) => thrown)
    expect(error).toMatchObject({ code: 'NOT_A_REGULAR_FILE', message: 'The input is a named pipe.' })
  })

  test('a socket', async () => {
    const { root } = await aRoot()
    const server = createServer().listen(join(root, 'socket.mp4'))
    onTestFinished(() => void server.close())
    await new Promise((done) => server.once('listening', done))
    expect(await codeOf(root, 'socket.mp4')).toBe('NOT_A_REGULAR_FILE')
  })
})

describe('what is not there', () => {
  test('a missing file, a file as a folder, a broken link, a loop, names no file can have', async () => {
    const { root } = await aRoot()
    await symlink('nowhere.mp4', join(root, 'broken.mp4'))
    await symlink('loop.mp4', join(root, 'loop.mp4'))
    const names = [
      'no.mp4',
      'no/a.mp4',
      'a.mp4/b',
      'a.mp4/',
      'broken.mp4',
      'loop.mp4',
      `${'x'.repeat(256)}.mp4`,
      'd/'.repeat(2_040),
    ]
    for (const uri of names) expect([uri, await codeOf(root, uri)]).toEqual([uri, 'INPUT_NOT_FOUND'])
  })

  test('a media root that is missing', async () => {
    expect(await codeOf(join(await aFolder(), 'none'), 'a.mp4')).toBe('INPUT_NOT_FOUND')
  })

  test('nothing, and a name with a NUL', async () => {
    const { root } = await aRoot()
    expect(await codeOf(root, '')).toBe('INVALID_REQUEST')
    expect(await codeOf(root, 'a.mp4\0.txt')).toBe('INVALID_REQUEST')
  })
})

test.skipIf(process.getuid?.() !== 0)('a file that may not be read is said to be there but closed', async () => {
  const { folder, root } = await aRoot()
  await chmod(folder, 0o755)
  await chmod(join(root, 'a.mp4'), 0o000)
  const { status, stdout } = spawnSync(
    'setpriv',
    [
      '--reuid=65534',
      '--clear-groups',
      process.execPath,
      '--import',
      'tsx',
      '--input-type=module',
      '-e',
      asNobody(root),
    ],
    { encoding: 'utf8' },
  )
  expect([status, stdout]).toEqual([0, 'INPUT_NOT_READABLE: ffleet may not read the file.'])
})

/** Root may read everything, so this is asked by somebody else. */
function asNobody(root: string): string {
  const module = JSON.stringify(join(import.meta.dirname, '../../../src/storage/inputs.ts'))
  return `const { resolveInput } = await import(${module})
    await resolveInput(${JSON.stringify(root)}, 'a.mp4').catch((e) => process.stdout.write(e.code + ': ' + e.message))`
}

test('which file it is can be told whatever it is called', async () => {
  const { root } = await aRoot()
  await link(join(root, 'a.mp4'), join(root, 'b.mp4'))
  const [a, b] = [await resolveInput(root, 'a.mp4'), await resolveInput(root, 'b.mp4')]
  expect([a.device, a.inode]).toEqual([b.device, b.inode])
})
