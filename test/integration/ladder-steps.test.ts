/** A ladder that is cut while its tracks are written has at each step what it has at the end, and at the end what is cut at once. */
import { execFileSync } from 'node:child_process'
import { appendFile, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { cutLadder, openEarlyLadder, startCutting } from '../../src/ladder/index.js'
import type { LadderLayout } from '../../src/plan/ladder/layout.js'
import { FFMPEG } from '../helpers/ffmpeg-runs.js'
import { aFolder, contentsOf } from '../helpers/folder.js'

const FRAGMENTS = '+empty_moov+default_base_moof+frag_discont+negative_cts_offsets'
const NAMES = ['high', 'low', 'sound']
const expected = { durationUs: null, promisedUs: null, streams: { video: 1, audio: 0 } } as never
const track = (name: string) => ({ file: `${name}.mp4`, name, expected })
const described = { language: null, title: null, isDefault: true }
const LAYOUT: LadderLayout = {
  ...{ format: 'hls', segmentMs: 1_000, subtitles: [] },
  pictures: [
    { ...track('high'), range: 'SDR' },
    { ...track('low'), range: 'SDR' },
  ],
  sounds: [{ ...track('sound'), ...described }],
}

async function written(): Promise<string> {
  const folder = await aFolder()
  const picture = ['-an', '-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25', '-bf', '2']
  const video = [...picture, '-movflags', `+frag_keyframe${FRAGMENTS}`]
  execFileSync(
    FFMPEG,
    [
      ...['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=s=128x96:r=25:d=5.4', '-f', 'lavfi', '-i', 'sine=440:d=5.4'],
      ...['-map', '0:v', ...video, 'high.mp4', '-map', '0:v', '-s', '64x48', ...video, 'low.mp4'],
      ...['-map', '1:a', '-c:a', 'aac', '-frag_duration', '1000000', '-movflags', FRAGMENTS, 'sound.mp4'],
    ],
    { cwd: folder },
  )
  return folder
}

test.each([701, 4_096])('bytes come %i at a time', async (bytes) => {
  const whole = await written()
  const at = { once: await aFolder(), growing: await aFolder(), steps: await aFolder(), early: await aFolder() }
  const facts = await cutLadder(LAYOUT, { folder: whole, into: at.once })
  const media = new Map(
    await Promise.all(NAMES.map(async (n) => [n, await readFile(join(whole, `${n}.mp4`))] as const)),
  )
  const cutting = startCutting(LAYOUT, { folder: at.growing, into: at.steps })
  const ladder = openEarlyLadder({ from: at.steps, into: at.early })
  await mkdir(at.steps, { recursive: true })
  const counts: number[] = []
  const lists: string[] = []
  // Rungs do not come at the same pace: a small one is ahead by its bytes.
  for (let n = 0; [...media.values()].some((all) => n * bytes < all.length); n++) {
    for (const [name, all] of media)
      await appendFile(join(at.growing, `${name}.mp4`), all.subarray(n * bytes, (n + 1) * bytes))
    const cut = await cutting.advance()
    const due = cut === null ? [] : ladder.due(cut)
    if (due.length === 0) continue
    await ladder.show(cut!, due)
    counts.push(cut!.pictures[0]!.segments.length)
    for (const each of [...cut!.pictures, ...cut!.sounds]) {
      const last = [...facts.pictures, ...facts.sounds].find(({ name }) => name === each.name)!
      expect(each.segments).toEqual(last.segments.slice(0, each.segments.length))
    }
    lists.push(await readFile(join(at.early, 'high/index.m3u8'), 'utf8'))
  }
  expect(counts.length).toBeGreaterThan(1)
  expect(counts[0]).toBeGreaterThanOrEqual(2)
  for (const [i, list] of lists.entries()) expect(list.startsWith(lists[i - 1] ?? '')).toBe(true)
  expect(await cutting.end()).toEqual(facts)
  await cutting.close()
  expect(await contentsOf(at.steps)).toEqual(await contentsOf(at.once))
  expect(await readFile(join(at.growing, 'whole-sound.mp4'))).toEqual(await readFile(join(whole, 'whole-sound.mp4')))
  const final = await contentsOf(at.once)
  for (const [path, bytesOf] of await contentsOf(at.early))
    if (path.endsWith('.m4s')) expect(final.get(path)).toBe(bytesOf)
})

test('what is no file where a track should be is not read', async () => {
  const whole = await written()
  const folder = await aFolder()
  execFileSync('ln', ['-s', join(whole, 'high.mp4'), join(folder, 'high.mp4')])
  const cutting = startCutting(LAYOUT, { folder, into: await aFolder() })
  await expect(cutting.advance()).rejects.toMatchObject({ code: 'ELOOP' })
  await cutting.close()
})

test('tracks whose key frames lie elsewhere are told of while they come', async () => {
  const whole = await written()
  execFileSync(
    FFMPEG,
    [
      ...['-v', 'error', '-y', '-f', 'lavfi', '-i', 'testsrc2=s=64x48:r=25:d=5.4', '-an', '-c:v', 'libx264'],
      ...['-g', '30', '-movflags', `+frag_keyframe${FRAGMENTS}`, 'low.mp4'],
    ],
    { cwd: whole },
  )
  const cutting = startCutting(LAYOUT, { folder: whole, into: await aFolder() })
  await expect(cutting.advance()).rejects.toMatchObject({
    code: 'OUTPUT_INVALID',
    message: expect.stringContaining('low'),
  })
  await cutting.close()
})
