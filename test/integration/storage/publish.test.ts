import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readManifest } from '../../../src/storage/manifest.js'
import { type Manifest, placeOutput, prepareOutput } from '../../../src/storage/publish.js'
import { aFolder } from '../../helpers/folder.js'
import { ALL } from '../../helpers/long.js'
import { canMount, mountTmpfs } from '../../helpers/mount.js'

async function aStagedFile(content = 'video') {
  const folder = await aFolder()
  const staged = join(folder, 'staged.mp4')
  await writeFile(staged, content)
  return { folder, staged, manifest: await prepareOutput(staged), outputs: join(folder, 'outputs') }
}

async function aStagedFolder(folder: string, files: number, size: number) {
  const staged = join(folder, 'staged')
  await mkdir(join(staged, 'sub'), { recursive: true })
  for (let i = 0; i < files; i += 1)
    await writeFile(join(staged, i % 2 ? `sub/${i}.ts` : `${i}.ts`), Buffer.alloc(size, i))
  return { staged, manifest: await prepareOutput(staged) }
}

const read = (path: string) => readManifest(path, { sync: false })

/** Every hidden name that publishing leaves beside a destination. */
const leftovers = async (folder: string) => (await readdir(folder)).filter((name) => name.startsWith('.'))

describe('a crash between the steps', () => {
  test('after a former folder was set aside: the new one comes, the former one goes', async () => {
    const folder = await aFolder()
    const outputs = join(folder, 'outputs')
    await mkdir(join(outputs, 'hls'), { recursive: true })
    await writeFile(join(outputs, 'hls/old.ts'), 'old')
    const { staged, manifest } = await aStagedFolder(folder, 3, 10)
    const aside = asideName(outputs, 'hls')
    await rename(join(outputs, 'hls'), aside)
    await placeOutput(manifest, staged, join(outputs, 'hls'))
    expect(await read(join(outputs, 'hls'))).toEqual(manifest)
    expect(await leftovers(outputs)).toEqual([])
  })

  test('after the new folder came and before the former one went', async () => {
    const folder = await aFolder()
    const outputs = join(folder, 'outputs')
    await mkdir(outputs)
    const { staged, manifest } = await aStagedFolder(folder, 3, 10)
    const aside = asideName(outputs, 'hls')
    await placeOutput(manifest, staged, join(outputs, 'hls'))
    await mkdir(aside)
    await placeOutput(manifest, staged, join(outputs, 'hls'))
    expect(await leftovers(outputs)).toEqual([])
  })

  test('with the staged folder lost as well, the former one comes back and the loss is told', async () => {
    const folder = await aFolder()
    const outputs = join(folder, 'outputs')
    await mkdir(join(outputs, 'hls'), { recursive: true })
    await writeFile(join(outputs, 'hls/old.ts'), 'old')
    const { staged, manifest } = await aStagedFolder(folder, 3, 10)
    await rename(join(outputs, 'hls'), asideName(outputs, 'hls'))
    await rm(staged, { recursive: true })
    await expect(placeOutput(manifest, staged, join(outputs, 'hls'))).rejects.toMatchObject({ code: 'OUTPUT_INVALID' })
    expect(await readFile(join(outputs, 'hls/old.ts'), 'utf8')).toBe('old')
  })

  test('a destination of the same size but other bytes is not taken for the output', async () => {
    const { staged, manifest, outputs } = await aStagedFile('video')
    await mkdir(outputs)
    await writeFile(join(outputs, 'x.mp4'), 'VIDEO')
    await rm(staged)
    await expect(placeOutput(manifest, staged, join(outputs, 'x.mp4'))).rejects.toMatchObject({
      code: 'OUTPUT_INVALID',
    })
  })

  /** The name a former folder is set aside under: always the same for one destination, or nobody would find it again. */
  function asideName(outputs: string, name: string): string {
    return join(outputs, `.ffleet-${createHash('sha256').update(name).digest('hex').slice(0, 24)}.former`)
  }

  test.skipIf(!canMount || !ALL)(
    'at any moment, on another filesystem: whoever comes next finishes it',
    { timeout: 120_000 },
    async () => {
      const folder = await aFolder()
      const outputs = join(folder, 'outputs')
      mountTmpfs(outputs, 64 * 1024 * 1024)
      const former = await aStagedFolder(join(folder, 'former'), 5, 100)
      const destination = join(outputs, 'hls')
      const hidden = (ending: string) => readdirSync(outputs).find((name) => name.endsWith(ending))
      const copied = () => (hidden('.part') ? readdirSync(join(outputs, hidden('.part')!)).length : 0)
      const moments: Record<string, (staged: string) => boolean> = {
        'before anything': () => true,
        'the copy has begun': () => copied() > 0,
        'half of it is copied': () => copied() >= 15,
        'the former folder is set aside, or gone already': () =>
          !hidden('.part') && !existsSync(join(destination, '4.ts')),
        'the staged folder is gone, or going': (staged) => !existsSync(staged),
      }
      for (const [moment, hasCome] of Object.entries(moments)) {
        const { staged, manifest } = await aStagedFolder(join(folder, moment), 60, 20_000)
        await rm(destination, { recursive: true, force: true })
        await copyOf(former.manifest, former.staged, destination)
        await killWhilePlacing(staged, destination, () => hasCome(staged))
        await placeOutput(manifest, staged, destination)
        expect(await read(destination), moment).toEqual(manifest)
        expect(await leftovers(outputs), moment).toEqual([])
      }
    },
  )
})

async function copyOf(manifest: Manifest, staged: string, destination: string): Promise<void> {
  await mkdir(destination)
  for (const { path } of manifest.files) {
    await mkdir(join(destination, path, '..'), { recursive: true })
    await writeFile(join(destination, path), await readFile(join(staged, path)))
  }
}

async function killWhilePlacing(staged: string, destination: string, hasCome: () => boolean): Promise<void> {
  const script = join(import.meta.dirname, '../../helpers/place-when-told.ts')
  const command = ['--import', 'tsx', script, staged, destination]
  const child = spawn(process.execPath, command, { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  child.stdin.write('go\n')
  while (!hasCome() && child.exitCode === null) await setImmediate()
  child.kill('SIGKILL')
  await ended
}

describe.skipIf(!canMount)('a disk that refuses', () => {
  test('because it is full: DISK_FULL, the staged output stays, nothing half-written does', async () => {
    const { folder, staged, outputs } = await aStagedFile()
    mountTmpfs(outputs, 256 * 1024)
    await writeFile(staged, Buffer.alloc(1024 * 1024))
    const manifest = await prepareOutput(staged)
    const error = await placeOutput(manifest, staged, join(outputs, 'a/x.mp4')).catch((thrown) => thrown)
    expect(error).toMatchObject({ code: 'DISK_FULL', retryable: true })
    expect(error.message).not.toContain(folder)
    expect(await readdir(join(outputs, 'a'))).toEqual([])
    expect(await read(staged)).toEqual(manifest)
  })

  test('because it is read-only: OUTPUT_NOT_WRITABLE, the staged output stays', async () => {
    const { staged, manifest, outputs } = await aStagedFile()
    mountTmpfs(outputs, 256 * 1024).readOnly()
    await expect(placeOutput(manifest, staged, join(outputs, 'x.mp4'))).rejects.toMatchObject({
      code: 'OUTPUT_NOT_WRITABLE',
    })
    expect(await read(staged)).toEqual(manifest)
  })
})

describe('a place that refuses', () => {
  test('a folder at the path of a file, a file in the way of a folder', async () => {
    const { staged, manifest, outputs } = await aStagedFile()
    await mkdir(join(outputs, 'x.mp4'), { recursive: true })
    await writeFile(join(outputs, 'file'), '')
    for (const path of ['x.mp4', 'file/x.mp4']) {
      await expect(placeOutput(manifest, staged, join(outputs, path))).rejects.toMatchObject({
        code: 'OUTPUT_NOT_WRITABLE',
      })
    }
    expect(await read(staged)).toEqual(manifest)
  })

  test('a file at the path of a folder output is left alone', async () => {
    const folder = await aFolder()
    const { staged, manifest } = await aStagedFolder(folder, 2, 10)
    await writeFile(join(folder, 'hls'), 'a file')
    await expect(placeOutput(manifest, staged, join(folder, 'hls'))).rejects.toMatchObject({
      code: 'OUTPUT_NOT_WRITABLE',
    })
    expect(await readFile(join(folder, 'hls'), 'utf8')).toBe('a file')
  })
})

test('the hash of a file is that of sha256sum, however large', async () => {
  const folder = await aFolder()
  const bytes = 3 * 1024 * 1024 + 17
  await writeFile(join(folder, 'x'), Buffer.alloc(bytes, 'abc'))
  const sum = spawn('sha256sum', [join(folder, 'x')], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(sum.stdout, 'data')
  expect(await prepareOutput(join(folder, 'x'))).toMatchObject({ bytes, sha256: String(line).split(' ')[0] })
})

test('the hash of a folder is that of what sha256sum says of its files, sorted by path', async () => {
  const { staged, manifest } = await aStagedFolder(await aFolder(), 40, 2_000)
  const paths = manifest.files.map(({ path }) => path)
  expect(paths).toEqual(paths.toSorted())
  const said = execFileSync('sha256sum', paths, { cwd: staged })
  expect(manifest).toMatchObject({ bytes: 80_000, sha256: createHash('sha256').update(said).digest('hex') })
})

test('a link among the files of a folder fails it as a whole, wherever it leads', async () => {
  const folder = await aFolder()
  const { staged } = await aStagedFolder(folder, 40, 2_000)
  await symlink('1.ts', join(staged, 'sub/link.ts'))
  await expect(prepareOutput(staged)).rejects.toMatchObject({ code: 'OUTPUT_INVALID' })
})

test('a folder that is read while the attempt is stopped says why it was', async () => {
  const { staged } = await aStagedFolder(await aFolder(), 40, 2_000)
  const stop = new AbortController()
  const reading = prepareOutput(staged, { signal: stop.signal })
  stop.abort(new Error('cancelled'))
  await expect(reading).rejects.toThrow('cancelled')
})

test('a folder on the way that has become a link out of the root is not followed', async () => {
  const { folder, staged, manifest, outputs } = await aStagedFile()
  await mkdir(join(outputs, 'a/b'), { recursive: true })
  await mkdir(join(folder, 'outside/b'), { recursive: true })
  for (const link of ['a', 'a/b']) {
    await rename(join(outputs, link), join(folder, 'former'))
    await symlink(join(folder, link === 'a' ? 'outside' : 'outside/b'), join(outputs, link))
    for (const keepExisting of [false, true]) {
      const placing = placeOutput(manifest, staged, join(outputs, 'a/b/x.mp4'), { root: outputs, keepExisting })
      await expect(placing).rejects.toMatchObject({ code: 'OUTPUT_NOT_WRITABLE' })
    }
    await rm(join(outputs, link))
    await rename(join(folder, 'former'), join(outputs, link))
  }
  expect(await readdir(join(folder, 'outside/b'))).toEqual([])
  await placeOutput(manifest, staged, join(outputs, 'a/b/x.mp4'), { root: outputs })
  expect(await readFile(join(outputs, 'a/b/x.mp4'), 'utf8')).toBe('video')
})
