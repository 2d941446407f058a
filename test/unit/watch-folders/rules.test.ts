import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SHIPPED_PRESETS } from '../../../src/presets/index.js'
import { readRules, requirePresets } from '../../../src/watch-folders/index.js'
import { WatchRulesError } from '../../../src/watch-folders/rules.js'

let folder: string
let roots: { mediaRoot: string; outputRoot: string; dataDir: string }
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ffleet-rules-'))
  roots = { mediaRoot: join(folder, 'media'), outputRoot: join(folder, 'out'), dataDir: join(folder, 'data') }
  await mkdir(join(roots.mediaRoot, 'in'), { recursive: true })
  await mkdir(join(roots.mediaRoot, 'music'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function faultsOf(content: unknown): Promise<[string, string][]> {
  const file = join(folder, 'rules.json')
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content))
  const error = await readRules(file, roots).then(
    () => null,
    (error: unknown) => error,
  )
  if (error === null) return []
  expect(error).toBeInstanceOf(WatchRulesError)
  return (error as WatchRulesError).faults.map(({ pointer, detail }) => [pointer, detail])
}
const rule = (more: object = {}) => ({ name: 'films', folder: 'in', preset: 'h264-720p', ...more })

describe('the file with the rules', () => {
  it('gives rules in its order', async () => {
    const file = join(folder, 'rules.json')
    await writeFile(file, JSON.stringify({ rules: [rule(), rule({ name: 'sounds', folder: 'music' })] }))
    expect((await readRules(file, roots)).map(({ name }) => name)).toEqual(['films', 'sounds'])
  })

  it('names every fault of every rule at once', async () => {
    const faults = await faultsOf({
      rules: [
        rule({ name: 'a b', settleMs: 5, colour: 'red' }),
        rule({ outputs: [{ preset: 'mp3-192k' }] }),
        rule({ name: 'moved', include: ['*.mov'], afterwards: 'move' }),
        rule({ name: 'away', folder: '../x', exclude: ['../*'] }),
        rule({ name: 'none', folder: 'nowhere' }),
        rule({ name: 'nested', afterwards: 'move', moveTo: '.' }),
        rule({ name: 'words', preset: undefined, outputs: [{ preset: 'p', path: '{title}.mp4' }] }),
      ],
    })
    expect(faults.map(([pointer]) => pointer).sort()).toEqual(
      [
        '/rules/0/colour',
        '/rules/0/name',
        '/rules/0/settleMs',
        '/rules/1/preset',
        '/rules/2/moveTo',
        '/rules/3/exclude/0',
        '/rules/3/folder',
        '/rules/4/folder',
        '/rules/5/moveTo',
        // Behind the first rule that takes all of `in`.
        '/rules/5',
        '/rules/6',
        '/rules/6/outputs/0/path',
      ].sort(),
    )
    expect(faults.find(([pointer]) => pointer === '/rules/6/outputs/0/path')![1]).toContain('{title}')
  })

  it.each([
    ['[]', 'must be {"rules": […]}'],
    ['{"rules": []}', 'must be {"rules": […]}'],
    ['{', 'is not JSON'],
  ])('refuses %s', async (text, detail) => {
    expect(await faultsOf(text)).toEqual([['', expect.stringContaining(detail)]])
  })

  it('refuses two rules for the same files, however they are written', async () => {
    const twin = { include: ['*.MOV', '*.mp4'] }
    const faults = await faultsOf({
      rules: [rule(twin), rule({ name: 'again', folder: './in/', include: ['*.mp4', '*.mov'] })],
    })
    expect(faults).toEqual([['/rules/1', expect.stringContaining('takes the same files as rules[0], films')]])
  })

  it('refuses two rules of one name, and two outputs at one path', async () => {
    const outputs = [
      { preset: 'h264-720p', path: '{name}.mp4' },
      { preset: 'h264-360p', path: '{name}.mp4' },
    ]
    const faults = await faultsOf({
      rules: [rule(), rule({ folder: 'music' }), rule({ name: 'c', include: ['*.c'], preset: undefined, outputs })],
    })
    expect(faults.map(([pointer]) => pointer)).toEqual(['/rules/2/outputs/1/path', '/rules/1/name'])
  })

  it.each([
    ['lies in the output root', { folder: 'made/films' }],
    ['reaches into the output root', { folder: '.', recursive: true }],
    ['is the output root over a link', { folder: 'link' }],
  ])('refuses a rule that %s', async (_why, more) => {
    roots.outputRoot = join(roots.mediaRoot, 'made')
    await mkdir(join(roots.outputRoot, 'films'), { recursive: true })
    await symlink(roots.outputRoot, join(roots.mediaRoot, 'link'))
    expect(await faultsOf({ rules: [rule(more)] })).toEqual([
      ['/rules/0/folder', expect.stringContaining('what jobs make would become jobs')],
    ])
    expect(await faultsOf({ rules: [rule({ folder: 'in' })] })).toEqual([])
  })

  it('refuses any folder where the output root is the media root, or around it', async () => {
    roots.outputRoot = roots.mediaRoot
    expect(await faultsOf({ rules: [rule()] })).toHaveLength(1)
    roots.outputRoot = folder
    expect(await faultsOf({ rules: [rule()] })).toHaveLength(1)
  })

  it('watches in a media root that lies in the data folder', async () => {
    roots.dataDir = folder
    expect(await faultsOf({ rules: [rule({ folder: '.', recursive: true })] })).toEqual([])
  })

  it('refuses a folder that is a link out of the media root', async () => {
    await mkdir(join(folder, 'secret'))
    await symlink(join(folder, 'secret'), join(roots.mediaRoot, 'out'))
    const [[pointer, detail] = []] = await faultsOf({ rules: [rule({ folder: 'out' })] })
    expect([pointer, detail]).toEqual(['/rules/0/folder', 'is a link that leads out of the media root'])
  })

  it('refuses presets that the server does not have, and names those near them', () => {
    const rules = [{ name: 'a', folder: 'in', preset: 'h264-721p' }]
    expect(() => requirePresets('rules.json', rules, SHIPPED_PRESETS)).toThrow(
      /\/rules\/0\/preset: is `h264-721p`, and the server has no such preset; near it are h264-720p/,
    )
  })
})
