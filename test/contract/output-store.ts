/** What every store of outputs must do: run it over each implementation of `OutputStore`. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import type { OutputStore } from '../../src/storage/index.js'

const sha256 = (content: string) => createHash('sha256').update(content).digest('hex')

async function contentOf(store: OutputStore, path: string): Promise<string> {
  const file = await store.open(path, null)
  return (await buffer(file.read())).toString()
}

async function etagOf(store: OutputStore, path: string, hash: string): Promise<string> {
  const file = await store.open(path, { sha256: hash, identity: null })
  await file.close()
  return file.etag
}

const at = (path: string, attempt = 1) => ({ path, jobId: '01JOB', attempt })

/** `open` gives a fresh, empty store and a folder on which outputs are staged for it. */
export function describeOutputStore(name: string, open: () => Promise<{ store: OutputStore; staging: string }>): void {
  async function opened() {
    const { store, staging } = await open()
    let count = 0
    const stage = async (content: string) => {
      count += 1
      const path = join(staging, `staged-${count}`)
      await writeFile(path, content)
      return path
    }
    const stageFolder = async (files: Record<string, string>) => {
      count += 1
      const folder = join(staging, `staged-${count}`)
      await mkdir(folder)
      for (const [path, content] of Object.entries(files)) {
        await mkdir(join(folder, path, '..'), { recursive: true })
        await writeFile(join(folder, path), content)
      }
      return folder
    }
    const put = async (staged: string, path: string, options: { keepExisting?: boolean } = {}) =>
      store.place(await store.prepare(staged, at(path)), staged, at(path), options)
    return { store, stage, stageFolder, put }
  }

  describe(name, () => {
    test('a prepared output is not visible, a placed one is, with the content and hash it was prepared with', async () => {
      const { store, stage } = await opened()
      const staged = await stage('video')
      const manifest = await store.prepare(staged, at('a/b/out.mp4'))
      expect(manifest).toMatchObject({ kind: 'file', bytes: 5, sha256: sha256('video'), files: [] })
      await expect(store.open('a/b/out.mp4', null)).rejects.toMatchObject({ code: 'NOT_FOUND' })
      await store.place(manifest, staged, at('a/b/out.mp4'))
      expect(await contentOf(store, 'a/b/out.mp4')).toBe('video')
    })

    test('a placed output is held open as the input of another job, and nothing else in its place is', async () => {
      const { store, stage, put } = await opened()
      const staged = await stage('video')
      const identity = await put(staged, 'out.mp4')
      const as = { sha256: sha256('video'), identity }
      const held = await store.hold('out.mp4', as)
      expect(held).toMatchObject({ bytes: 5, modifiedMs: expect.any(Number) })
      expect(readFileSync(held.descriptor, 'utf8')).toBe('video')
      const other = await stage('another')
      await put(other, 'out.mp4')
      await expect(store.hold('out.mp4', as)).rejects.toMatchObject({ code: 'OUTPUT_REPLACED' })
      await expect(store.hold('none.mp4', as)).rejects.toMatchObject({ code: 'NOT_FOUND' })
      await held.close()
    })

    test('an output replaces the one at its path, and the entity tag tells them apart', async () => {
      const { store, stage, put } = await opened()
      const tags = []
      for (const content of ['first', 'other']) {
        const staged = await stage(content)
        await put(staged, 'out.mp4')
        expect(await contentOf(store, 'out.mp4')).toBe(content)
        tags.push(await etagOf(store, 'out.mp4', sha256(content)))
        expect(tags.at(-1)).toBe(await etagOf(store, 'out.mp4', sha256(content)))
      }
      expect(tags[0]).not.toBe(tags[1])
      expect(tags[0]).toMatch(/^"[\x21\x23-\x7e]+"$/)
    })

    test('what was published is known again, and told from what took its place', async () => {
      const { store, stage, stageFolder } = await opened()
      for (const [path, make] of [
        ['x/file', stage],
        ['x/folder', (content: string) => stageFolder({ 'a.m3u8': 'a', 'b.ts': content })],
      ] as const) {
        const publish = async (content: string) => {
          const staged = await make(content)
          const manifest = await store.prepare(staged, at(path))
          return { sha256: manifest.sha256, identity: await store.place(manifest, staged, at(path)) }
        }
        const nowhere = { sha256: sha256('video'), identity: null }
        await expect(store.requireSame(path, nowhere)).rejects.toMatchObject({ code: 'NOT_FOUND' })
        const first = await publish('video')
        await store.requireSame(path, first)
        // Known by its content alone, too.
        await store.requireSame(path, { ...first, identity: null })
        await store.requireSame(path, { ...first, identity: { ...first.identity, modifiedMs: 5, inode: 1 } })
        const second = await publish('longer video')
        await expect(store.requireSame(path, first)).rejects.toMatchObject({ code: 'OUTPUT_REPLACED' })
        await store.requireSame(path, second)
        const third = await publish('other content')
        await publish('LONGER VIDEO')
        for (const former of [second, third]) {
          await expect(store.requireSame(path, former)).rejects.toMatchObject({ code: 'OUTPUT_REPLACED' })
        }
      }
      await expect(store.requireSame('../out', { sha256: '', identity: null })).rejects.toMatchObject({
        code: 'NOT_FOUND',
      })
    })

    test('a file that took the place of an output is not opened as that output', async () => {
      const { store, stage } = await opened()
      const publish = async (content: string) => {
        const staged = await stage(content)
        const manifest = await store.prepare(staged, at('out.mp4'))
        return { sha256: manifest.sha256, identity: await store.place(manifest, staged, at('out.mp4')) }
      }
      const first = await publish('first')
      await (await store.open('out.mp4', first)).close()
      const second = await publish('other')
      await expect(store.open('out.mp4', { ...first, identity: null })).rejects.toMatchObject({
        code: 'OUTPUT_REPLACED',
      })
      await (await store.open('out.mp4', second)).close()
    })

    test('an output that keeps what exists takes no place, but finds its own again', async () => {
      const { store, stage, stageFolder, put } = await opened()
      const keepExisting = true
      for (const [path, make] of [
        ['x/file', stage],
        ['x/folder', (content: string) => stageFolder({ 'a.ts': content })],
      ] as const) {
        const [first, again] = [await make('first'), await make('first')]
        const identity = await put(first, path, { keepExisting })
        // As after a crash between the two steps of a placement.
        expect(await put(again, path, { keepExisting })).toEqual(identity)
        const other = await make('other')
        const manifest = await store.prepare(other, at(path))
        await expect(store.place(manifest, other, at(path), { keepExisting: true })).rejects.toMatchObject({
          code: 'OUTPUT_EXISTS',
        })
        await store.requireSame(path, { sha256: (await store.prepare(await make('first'), at(path))).sha256, identity })
        const folder = path === 'x/folder'
        await expect(store.check(path, { folder, keepExisting: true })).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' })
        await store.check(path, { folder, keepExisting: false })
      }
    })

    test('placing again after it was placed succeeds and changes nothing', async () => {
      const { store, stage } = await opened()
      const staged = await stage('video')
      const manifest = await store.prepare(staged, at('out.mp4'))
      await store.place(manifest, staged, at('out.mp4'))
      await store.place(manifest, staged, at('out.mp4'))
      expect(await contentOf(store, 'out.mp4')).toBe('video')
    })

    test('placing what is neither prepared any more nor in place fails and leaves alone what stands there', async () => {
      const { store, stage, put } = await opened()
      const other = await stage('somebody else')
      await put(other, 'out.mp4')
      const staged = await stage('video')
      const manifest = await store.prepare(staged, at('out.mp4'))
      await store.discard(manifest, staged, at('out.mp4'))
      await store.discard(manifest, staged, at('out.mp4'))
      await rm(staged, { force: true })
      await expect(store.place(manifest, staged, at('out.mp4'))).rejects.toMatchObject({ code: 'OUTPUT_INVALID' })
      expect(await contentOf(store, 'out.mp4')).toBe('somebody else')
    })

    test('a folder is one output: its hash is that of its sorted lines, its files are listed and opened by their paths', async () => {
      const { store, stageFolder } = await opened()
      const staged = await stageFolder({ 'b.ts': 'bb', 'a.m3u8': 'a', 'sub/c.ts': 'ccc' })
      const manifest = await store.prepare(staged, at('x/hls'))
      const lines = [`${sha256('a')}  a.m3u8`, `${sha256('bb')}  b.ts`, `${sha256('ccc')}  sub/c.ts`]
      expect(manifest).toMatchObject({ kind: 'folder', bytes: 6, sha256: sha256(`${lines.join('\n')}\n`) })
      expect(manifest.files.map((file) => file.path)).toEqual(['a.m3u8', 'b.ts', 'sub/c.ts'])
      await store.place(manifest, staged, at('x/hls'))
      expect(await store.list('x/hls')).toEqual([
        { path: 'a.m3u8', bytes: 1 },
        { path: 'b.ts', bytes: 2 },
        { path: 'sub/c.ts', bytes: 3 },
      ])
      expect(await contentOf(store, 'x/hls/sub/c.ts')).toBe('ccc')
    })

    test('a folder replaces a former one whole: no file of that stays', async () => {
      const { store, stageFolder } = await opened()
      for (const files of [
        { 'old.ts': 'x', 'list.m3u8': '1' },
        { 'new.ts': 'y', 'list.m3u8': '2' },
      ]) {
        const staged = await stageFolder(files as unknown as Record<string, string>)
        const manifest = await store.prepare(staged, at('hls'))
        await store.place(manifest, staged, at('hls'))
        await store.place(manifest, staged, at('hls'))
      }
      expect((await store.list('hls')).map((file) => file.path)).toEqual(['list.m3u8', 'new.ts'])
      expect(await contentOf(store, 'hls/list.m3u8')).toBe('2')
    })

    test('nothing, an empty folder, and what is neither file nor folder are no outputs', async () => {
      const { store, stageFolder, stage } = await opened()
      await expect(store.prepare(`${await stage('x')}-missing`, at('x'))).rejects.toMatchObject({
        code: 'OUTPUT_INVALID',
      })
      await expect(store.prepare(await stageFolder({}), at('x'))).rejects.toMatchObject({ code: 'OUTPUT_INVALID' })
    })

    test('an aborted preparation ends with the reason of the abort', async () => {
      const { store, stage } = await opened()
      const reason = new Error('cancelled')
      await expect(store.prepare(await stage('x'), at('x'), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    })

    test.each(['../out.mp4', '/etc/passwd', 'a/../../b'])(
      '%s leads out and is neither placed nor opened',
      async (path) => {
        const { store, stage, put } = await opened()
        const staged = await stage('x')
        await expect(store.resolve(path)).rejects.toMatchObject({ code: 'PATH_OUTSIDE_ROOT' })
        await expect(put(staged, path)).rejects.toMatchObject({
          code: 'OUTPUT_NOT_WRITABLE',
        })
        await expect(store.open(path, null)).rejects.toMatchObject({ code: 'NOT_FOUND' })
        expect(await readFile(staged, 'utf8')).toBe('x')
      },
    )

    test('whether something can be placed is known before: not where a folder stands, nor below a file', async () => {
      const { store, stage, put } = await opened()
      const staged = await stage('x')
      await put(staged, 'a/out.mp4')
      for (const path of ['new.mp4', 'a/out.mp4', 'b/c/new.mp4'])
        await store.check(path, { folder: false, keepExisting: false })
      await store.check('a', { folder: true, keepExisting: false })
      for (const path of ['a', 'a/out.mp4/new.mp4', '../new.mp4']) {
        await expect(store.check(path, { folder: false, keepExisting: false })).rejects.toMatchObject({
          code: 'OUTPUT_NOT_WRITABLE',
        })
      }
    })

    test('a path comes back normalized, and the scratch folder is reserved', async () => {
      const { store } = await opened()
      expect((await store.resolve('./a//b.mp4')).relative).toBe('a/b.mp4')
      await expect(store.resolve('.ffleet/x.mp4')).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
    })

    test('a reader that has begun reads on to the end while another output replaces the file', async () => {
      const { store, stage, put } = await opened()
      await put(await stage('first content'), 'out.mp4')
      const reading = (await store.open('out.mp4', null)).read()
      await once(reading, 'readable')
      await put(await stage('second'), 'out.mp4')
      expect((await buffer(reading)).toString()).toBe('first content')
    })

    test('a part of a file is read alone', async () => {
      const { store, stage, put } = await opened()
      await put(await stage('0123456789'), 'out.mp4')
      const file = await store.open('out.mp4', null)
      expect((await buffer(file.read({ first: 2, last: 4 }))).toString()).toBe('234')
    })

    test('an empty file is an output, and so is one with odd letters in its name', async () => {
      const { store, stage, put } = await opened()
      const path = 'ü b/100% #1 +&?.mp4'
      await put(await stage(''), path)
      const file = await store.open(path, null)
      expect(file.bytes).toBe(0)
      await file.close()
    })

    test('sweeping a job takes back what attempts before that one prepared, and nothing else', async () => {
      const { store, stage } = await opened()
      const [former, present] = [await stage('former'), await stage('present')]
      const prepared = await store.prepare(former, at('a.mp4', 1))
      const kept = await store.prepare(present, at('b.mp4', 2))
      await store.sweep('01JOB', 2)
      expect((await store.pending()).filter(({ attempt }) => attempt < 2)).toEqual([])
      await rm(former)
      await expect(store.place(prepared, former, at('a.mp4', 1))).rejects.toMatchObject({ code: 'OUTPUT_INVALID' })
      await store.place(kept, present, at('b.mp4', 2))
      expect(await contentOf(store, 'b.mp4')).toBe('present')
    })
  })
}
