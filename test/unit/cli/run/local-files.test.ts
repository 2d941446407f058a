import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { leftoversIn, localInput, localOutputs, outputRootOf } from '../../../../src/cli/run/local-files.js'

let folder: string
let input: string
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'ffleet-test-')))
  input = join(folder, 'in.clip.mov')
  writeFileSync(input, 'x')
})
afterEach(() => rmSync(folder, { recursive: true }))

const extensionOf = (preset: string) => ({ flac: 'flac', thumbnails: '' })[preset] ?? 'mp4'
const outputs = (...choices: [string | null, string][]) =>
  localOutputs(
    input,
    choices.map(([path, preset]) => ({ path, preset })),
    choices.map(([, preset]) => ({ extension: extensionOf(preset) })),
  )

describe('the input', () => {
  test('is found through links', async () => {
    symlinkSync(input, join(folder, 'link'))
    expect(await localInput(join(folder, 'link'))).toBe(input)
  })
  test('is a file', async () => {
    await expect(localInput(folder)).rejects.toThrow('is not a file')
    await expect(localInput(join(folder, 'no.mov'))).rejects.toThrow('There is no input')
  })
})

describe('outputs', () => {
  test('stand beside the input by default, folders without an extension', async () => {
    const places = await outputs([null, 'h264-720p'], [null, 'thumbnails'])
    expect(places.map((place) => place.path)).toEqual([
      join(folder, 'in.clip.h264-720p.mp4'),
      join(folder, 'in.clip.thumbnails'),
    ])
  })

  test('a folder that exists takes the default name', async () => {
    mkdirSync(join(folder, 'out'))
    const [place] = await outputs([join(folder, 'out'), 'flac'])
    expect(place!.path).toBe(join(folder, 'out', 'in.clip.flac.flac'))
  })

  test('never overwrite the input, under whatever name', async () => {
    symlinkSync(input, join(folder, 'link.mp4'))
    await expect(outputs([input, 'h264-720p'])).rejects.toThrow('overwrite the input')
    await expect(outputs([join(folder, '.', 'link.mp4'), 'h264-720p'])).rejects.toThrow('overwrite the input')
  })

  test('replace nothing that is there, not even a broken link, unless forced', async () => {
    writeFileSync(join(folder, 'there.mp4'), 'x')
    symlinkSync('nowhere', join(folder, 'in.clip.flac.flac'))
    await expect(outputs([join(folder, 'there.mp4'), 'h264-720p'])).rejects.toThrow(
      'there.mp4 is there already; --force',
    )
    await expect(outputs([null, 'flac'])).rejects.toThrow('in.clip.flac.flac is there already; --force')
    const forced = localOutputs(input, [{ path: join(folder, 'there.mp4'), preset: 'x' }], [{ extension: 'mp4' }], {
      force: true,
    })
    expect((await forced)[0]!.path).toBe(join(folder, 'there.mp4'))
  })

  test('do not say one thing and hold another', async () => {
    for (const [name, preset, makes] of [
      ['x.mp4', 'flac', '.flac'],
      ['x.FLAC', 'h264-720p', '.mp4'],
      ['x.jpg', 'thumbnails', 'a folder'],
    ] as const)
      await expect(outputs([join(folder, name), preset])).rejects.toThrow(`The preset ${preset} makes ${makes}, but`)
    for (const name of ['x.m4v', 'x.MP4', 'x.v2', 'x'])
      expect(await outputs([join(folder, name), 'h264-720p'])).toHaveLength(1)
  })

  test('two of one path, or a folder that is not there, are refused', async () => {
    const twice = [join(folder, 'x.flac'), 'flac'] as [string, string]
    await expect(outputs(twice, twice)).rejects.toThrow('Two outputs')
    const names = (await outputs([null, 'flac'], [null, 'flac'])).map(({ path }) => path.slice(folder.length + 1))
    expect(names).toEqual(['in.clip.flac.flac', 'in.clip.flac-2.flac'])
    await expect(outputs([join(folder, 'no', 'x.flac'), 'flac'])).rejects.toThrow('does not exist')
  })

  test('have a common root', async () => {
    mkdirSync(join(folder, 'a', 'b'), { recursive: true })
    mkdirSync(join(folder, 'ab'))
    const one = await outputRootOf(await outputs([join(folder, 'a', 'x.mp4'), 'h264-720p']))
    expect(one).toEqual({ root: join(folder, 'a'), paths: ['x.mp4'] })
    const both = await outputRootOf(
      await outputs([join(folder, 'a', 'b', 'x.mp4'), 'h264-720p'], [join(folder, 'ab', 'y.flac'), 'flac']),
    )
    expect(both).toEqual({ root: folder, paths: ['a/b/x.mp4', 'ab/y.flac'] })
  })
})

test('what killed runs left is told from what running ones have, and from what is not theirs', async () => {
  const gone = join(folder, `.stack-${2 ** 30}-abc`)
  for (const made of [gone, join(folder, `.stack-${process.pid}-abc`), join(folder, '.stack-x')]) mkdirSync(made)
  expect(await leftoversIn(folder, '.stack-')).toEqual([gone])
  expect(await leftoversIn(join(folder, 'nowhere'), '.stack-')).toEqual([])
})
