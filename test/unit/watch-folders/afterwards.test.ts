import { link, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { WatchRule } from '../../../src/contract/index.js'
import { putAway } from '../../../src/watch-folders/afterwards.js'

let root: string
let record: { bytes: number; modifiedMs: number }
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'ffleet-afterwards-'))
  await mkdir(join(root, 'in'))
  await writeFile(join(root, 'in/a.mov'), 'a film')
  const { size, mtimeMs } = await stat(join(root, 'in/a.mov'))
  record = { bytes: size, modifiedMs: Math.floor(mtimeMs) }
})
afterEach(() => rm(root, { recursive: true, force: true }))

const films: WatchRule = { name: 'films', folder: 'in', preset: 'h264-360p' }
const moving: WatchRule = { ...films, afterwards: 'move', moveTo: 'done' }
const deleting: WatchRule = { ...films, afterwards: 'delete' }

describe('putting an input away', () => {
  it('leaves it, unless the rule says otherwise', async () => {
    expect(await putAway(root, films, 'in/a.mov', record)).toBeNull()
    expect(await putAway(root, undefined, 'in/a.mov', record)).toBeNull()
    expect(await readdir(join(root, 'in'))).toEqual(['a.mov'])
  })

  it.each([
    ['moves', moving],
    ['deletes', deleting],
  ])('%s no other file than its job was made of', async (_word, rule) => {
    await writeFile(join(root, 'in/a.mov'), 'another film')
    expect(await putAway(root, rule, 'in/a.mov', record)).toMatch('because it has changed since its job was made')
    expect(await readFile(join(root, 'in/a.mov'), 'utf8')).toBe('another film')
  })

  it('may be repeated, also where it ended between the two names', async () => {
    await mkdir(join(root, 'done'))
    await link(join(root, 'in/a.mov'), join(root, 'done/a.mov'))
    expect(await putAway(root, moving, 'in/a.mov', record)).toBe('It was moved to done/a.mov.')
    expect(await putAway(root, moving, 'in/a.mov', record)).toMatch('It is not there any more')
    expect([await readdir(join(root, 'in')), await readdir(join(root, 'done'))]).toEqual([[], ['a.mov']])
  })

  it('says why it could not, and loses nothing', async () => {
    await writeFile(join(root, 'done'), 'a file in the place of the folder')
    expect(await putAway(root, moving, 'in/a.mov', record)).toBe('It could not be moved (EEXIST).')
    expect(await readdir(join(root, 'in'))).toEqual(['a.mov'])
  })
})
