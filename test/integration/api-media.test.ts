import { mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FfleetClient, type MediaPage } from '../../src/client/index.js'
import type { Problem } from '../../src/contract/index.js'
import { ask, submit } from '../helpers/api-answers.js'
import { startApi, type TestApi } from '../helpers/api-server.js'

let api: TestApi
beforeAll(async () => {
  api = await startApi()
  const outside = await mkdtemp(join(tmpdir(), 'ffleet-outside-'))
  await writeFile(join(outside, 'secret.mp4'), 'secret')
  const at = (path: string) => join(api.mediaRoot, path)
  for (const folder of ['Zebra', 'a folder/deep', '.hidden', 'many']) await mkdir(at(folder), { recursive: true })
  for (const file of [
    'b.MOV',
    'ä "1" 日本.mkv',
    'song.flac',
    'cover.jpg',
    'notes.txt',
    '.DS_Store',
    'a folder/deep/x.ts',
  ])
    await writeFile(at(file), file)
  for (let i = 0; i < 250; i++) await writeFile(at(`many/clip-${i}.mp4`), '')
  await symlink('b.MOV', at('link.mov'))
  await symlink('a folder', at('linked folder'))
  await symlink(outside, at('way out'))
  await symlink('nowhere', at('broken'))
})
afterAll(() => api.close())

const list = async (query: Record<string, string> = {}) =>
  (await ask<MediaPage>(`${api.url}/v1/media?${new URLSearchParams(query)}`, 'MediaPage')).body
const refused = async (query: string) => (await ask<Problem>(`${api.url}/v1/media?${query}`, null)).body

describe('the media root', () => {
  it('shows folders first, then files, with what they seem to be; not what is hidden or leads out', async () => {
    const { items, nextCursor } = await list()
    expect(nextCursor).toBeNull()
    expect(items.map(({ name, kind, bytes }) => [name, kind, bytes])).toEqual([
      ['Zebra', 'folder', null],
      ['a folder', 'folder', null],
      ['many', 'folder', null],
      ['b.MOV', 'video', 5],
      ['cover.jpg', 'picture', 9],
      ['in.mp4', 'video', 13],
      ['link.mov', 'video', 5],
      ['linked folder', 'folder', null],
      ['notes.txt', 'other', 9],
      ['song.flac', 'audio', 9],
      ['ä "1" 日本.mkv', 'video', 17],
    ])
  })

  it('is walked by the paths it gives, and a job takes them as its input', async () => {
    const [deep] = (await list({ path: 'linked folder' })).items
    expect(deep).toMatchObject({ path: 'linked folder/deep', kind: 'folder' })
    const [file] = (await list({ path: `./${deep!.path}//` })).items
    expect(file).toMatchObject({ path: 'linked folder/deep/x.ts', kind: 'video' })
    expect((await submit(api.url, { input: file!.path })).input.uri).toBe(file!.path)
    expect((await list({ path: 'Zebra' })).items).toEqual([])
  })

  it('comes in pages, each name once, whatever is added meanwhile', async () => {
    const client = new FfleetClient({ baseUrl: api.url })
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await client.media({ path: 'many', limit: 60, ...(cursor && { cursor }) })
      expect(page.items.length).toBeLessThanOrEqual(60)
      seen.push(...page.items.map(({ name }) => name))
      cursor = page.nextCursor ?? undefined
      await writeFile(join(api.mediaRoot, `many/a-${seen.length}.mp4`), '')
    } while (cursor)
    expect(seen).toHaveLength(250)
    expect(new Set(seen).size).toBe(250)
  })

  it.each([
    ['path=../', 'PATH_OUTSIDE_ROOT'],
    ['path=/etc', 'PATH_OUTSIDE_ROOT'],
    ['path=a/../../x', 'PATH_OUTSIDE_ROOT'],
    ['path=way%20out', 'PATH_OUTSIDE_ROOT'],
    ['path=%00', 'PATH_OUTSIDE_ROOT'],
    ['path=none', 'NOT_FOUND'],
    ['path=in.mp4', 'NOT_FOUND'],
    ['path=broken', 'NOT_FOUND'],
    ['limit=0', 'INVALID_REQUEST'],
    ['limit=1001', 'INVALID_REQUEST'],
    ['cursor=!', 'INVALID_REQUEST'],
    ['sort=size', 'INVALID_REQUEST'],
  ])('refuses %s', async (query, code) => {
    const body = await refused(query)
    expect(body.code).toBe(code)
    expect(JSON.stringify(body)).not.toContain(api.folder)
  })
})
