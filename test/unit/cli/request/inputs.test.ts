import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { findInputs } from '../../../../src/cli/request/inputs.js'
import { isMadeOf, outputNamesOf } from '../../../../src/cli/request/output-names.js'
import { aFolder } from '../../../helpers/folder.js'

/** The head of an MP4; what is in it does not matter here. */
const MEDIA = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypisom'), Buffer.alloc(100)])
/** An MPEG transport stream begins so, every 188 bytes. */
const STREAM = Buffer.alloc(376, 0xff).fill(0x47, 0, 1).fill(0x47, 188, 189)

async function aTree(files: Record<string, string | Buffer>): Promise<string> {
  const root = realpathSync(await aFolder())
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), { recursive: true })
    writeFileSync(join(root, path), content)
  }
  return root
}

describe('inputs', () => {
  test('of a folder are the media in it, however deep, and the rest is said', async () => {
    const root = await aTree({
      'd/10.mov': MEDIA,
      'd/9.MP4': MEDIA,
      'd/sub/deep/x.mkv': MEDIA,
      'd/notes.txt': 'x',
      'd/code.ts': 'export const x = 1\n',
      'd/stream.ts': STREAM,
      'd/cover.jpg': MEDIA,
      'd/page.mp4': '<!doctype html>',
      'd/zip.mov': 'PK\x03\x04',
      'd/list.mp4': '#EXTM3U\n',
      'd/empty.mov': '',
      'd/.hidden.mp4': MEDIA,
      'd/.git/x.mp4': MEDIA,
      'd/ffleet-data/media/x.mp4': MEDIA,
    })
    symlinkSync(root, join(root, 'd', 'loop'))
    const { inputs, skipped } = await findInputs(['d'], root)
    expect(inputs.map(({ shown }) => shown)).toEqual(['d/9.MP4', 'd/10.mov', 'd/stream.ts', 'd/sub/deep/x.mkv'])
    expect(inputs[3]).toMatchObject({ root: join(root, 'd'), beside: join(root, 'd/sub/deep'), below: 'sub/deep' })
    expect(Object.fromEntries(skipped.map(({ input, reason }) => [input, reason]))).toEqual({
      'd/code.ts': 'text, no media',
      'd/cover.jpg': 'no media',
      'd/empty.mov': 'it is empty',
      'd/list.mp4': 'a HLS playlist',
      'd/loop': 'a link to a folder',
      'd/notes.txt': 'no media',
      'd/page.mp4': 'a web page',
      'd/zip.mov': 'a ZIP archive or an office document',
    })
  })

  test('named one by one: any name does, what is plainly no media is skipped, each file counts once', async () => {
    const root = await aTree({ 'a.dat': MEDIA, 'b.mov': MEDIA, 'notes.txt': 'x' })
    symlinkSync(join(root, 'b.mov'), join(root, 'link.mov'))
    const { inputs, skipped } = await findInputs(['a.dat', 'b.mov', 'link.mov', './b.mov', 'notes.txt'], root)
    expect(inputs.map(({ path }) => path)).toEqual([join(root, 'a.dat'), join(root, 'b.mov')])
    expect(skipped).toEqual([{ input: 'notes.txt', reason: 'text, no media' }])
  })

  test('one alone is left for the job to judge', async () => {
    const root = await aTree({ 'notes.txt': 'x' })
    expect((await findInputs(['notes.txt'], root)).inputs).toHaveLength(1)
  })

  test('that are not there are named all at once', async () => {
    const root = await aTree({ 'b.mov': MEDIA })
    await expect(findInputs(['a.mov', 'b.mov', 'c'], root)).rejects.toThrow(
      'There is no input a.mov.\nThere is no input c.',
    )
  })

  test('behind a link out of the folder are read where they are', async () => {
    const root = await aTree({ 'd/a.mov': MEDIA, 'far/b.mov': MEDIA })
    symlinkSync(join(root, 'far/b.mov'), join(root, 'd/b.mov'))
    const { inputs } = await findInputs(['d'], root)
    expect(inputs[1]).toMatchObject({ path: join(root, 'far/b.mov'), root: join(root, 'far'), beside: join(root, 'd') })
  })
})

describe('names of outputs', () => {
  const of = (input: string, over = {}) => ({ folder: 'o', input, name: 'flac', extension: 'flac', ...over })

  test('are of the input; two that would be one, in any case of letters, keep its extension', () => {
    expect(outputNamesOf([of('a.mov'), of('b.mov')])).toEqual(['o/a.flac.flac', 'o/b.flac.flac'])
    expect(outputNamesOf([of('a.mov'), of('A.MKV'), of('b.mov')])).toEqual([
      'o/a.mov.flac.flac',
      'o/A.MKV.flac.flac',
      'o/b.flac.flac',
    ])
  })

  test('are numbered where even that does not tell them apart', () => {
    expect(outputNamesOf([of('a.mov'), of('a.mov'), of('a.mov', { folder: 'p' })])).toEqual([
      'o/a.mov.flac.flac',
      'o/a.mov.flac-2.flac',
      'p/a.flac.flac',
    ])
    const folders = [of('a.mov', { extension: '' }), of('a.mov', { extension: '' })]
    expect(outputNamesOf(folders)).toEqual(['o/a.mov.flac', 'o/a.mov.flac-2'])
  })

  test('tell what an earlier run has made', () => {
    const stems = new Set(['a', 'b.c'])
    const isMade = (name: string) => isMadeOf(name, stems, ['h264-720p', 'flac'])
    expect(['a.h264-720p.mp4', 'a.mov.flac.flac', 'b.c.flac.flac'].map(isMade)).toEqual([true, true, true])
    expect(['a.mp4', 'z.flac.flac', 'a.x.mp4', '.flac.flac'].map(isMade)).toEqual([false, false, false, false])
  })
})
