import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { folderMark, openRoots } from '../../../src/storage/roots.js'
import { aFolder } from '../../helpers/folder.js'

const rootsOf = ({ mediaRoot, outputRoot, dataDir }: Record<'mediaRoot' | 'outputRoot' | 'dataDir', string>) =>
  openRoots({ mediaRoot, outputs: folderMark(outputRoot), data: folderMark(dataDir), reports: folderMark(dataDir) })

async function aFleet() {
  const folder = await aFolder()
  const folders = {
    mediaRoot: join(folder, 'media'),
    outputRoot: join(folder, 'outputs'),
    dataDir: join(folder, 'data'),
  }
  for (const path of Object.values(folders)) await mkdir(path)
  return { ...folders, roots: rootsOf(folders) }
}

const fill = async (root: string, names: string[]) => {
  for (const name of names) await writeFile(join(root, name), name)
}
const clips = (count: number) => Array.from({ length: count }, (_, i) => `clip-${String(i).padStart(3, '0')}.mp4`)

describe('a root that ffleet writes in', () => {
  test('has no id before it is claimed, and then the same for everybody', async () => {
    const { roots, outputRoot, dataDir } = await aFleet()
    expect(await roots.ids()).toEqual({ outputs: null, data: null, reports: null })
    const claimed = await Promise.all(Array.from({ length: 8 }, () => roots.claim()))
    expect(new Set(claimed.map((each) => JSON.stringify(each))).size).toBe(1)
    expect(await roots.ids()).toEqual(claimed[0])
    expect(claimed[0]!.outputs).not.toBe(claimed[0]!.data)
    expect((await readFile(join(outputRoot, '.ffleet-root'), 'utf8')).trim()).toBe(claimed[0]!.outputs)
    expect((await readFile(join(dataDir, '.ffleet-root'), 'utf8')).trim()).toBe(claimed[0]!.data)
  })

  test('has none once it is gone, and keeps it where it is moved to', async () => {
    const { roots, outputRoot, dataDir, mediaRoot } = await aFleet()
    const { outputs } = await roots.claim()
    await rename(outputRoot, `${outputRoot}-moved`)
    expect((await roots.ids()).outputs).toBeNull()
    const moved = rootsOf({ outputRoot: `${outputRoot}-moved`, dataDir, mediaRoot })
    expect((await moved.claim()).outputs).toBe(outputs)
  })

  test('says so when its file holds no id', async () => {
    const { roots, outputRoot } = await aFleet()
    await writeFile(join(outputRoot, '.ffleet-root'), 'something else')
    await expect(roots.claim()).rejects.toThrow('remove it')
  })
})

describe('a media root', () => {
  test('is known by what stands in it, while files come and go', async () => {
    const { roots, mediaRoot } = await aFleet()
    expect(await roots.sampleMedia()).toEqual([])
    expect(await roots.holdsMedia([])).toBe(true)
    await fill(mediaRoot, clips(40))
    await mkdir(join(mediaRoot, 'shows'))
    await writeFile(join(mediaRoot, '.DS_Store'), '')
    const sample = await roots.sampleMedia()
    expect(sample).toHaveLength(16)
    expect(JSON.stringify(sample)).not.toContain('DS_Store')
    await fill(mediaRoot, ['new.mp4'])
    for (const [name] of sample.slice(0, 12)) await rm(join(mediaRoot, name), { recursive: true })
    expect(await roots.holdsMedia(sample)).toBe(true)
  })

  test('is another one where that is not there, or is something else', async () => {
    const [one, other] = [await aFleet(), await aFleet()]
    await fill(one.mediaRoot, clips(3))
    const sample = await one.roots.sampleMedia()
    expect(await other.roots.holdsMedia(sample)).toBe(false)
    for (const name of clips(3)) await writeFile(join(other.mediaRoot, name), 'another length')
    expect(await other.roots.holdsMedia(sample)).toBe(false)
    await rm(other.mediaRoot, { recursive: true })
    expect(await other.roots.holdsMedia(sample)).toBe(false)
    expect(await other.roots.sampleMedia()).toEqual([])
  })
})
