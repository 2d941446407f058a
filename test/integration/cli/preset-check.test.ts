import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { makeClip } from '../../../fixtures/media/recipes.js'
import type { Checked } from '../../../src/cli/check-preset.js'
import { cli } from '../../helpers/cli.js'
import { aFolder } from '../../helpers/folder.js'
import { long } from '../../helpers/long.js'

let folder: string
beforeEach(async () => {
  folder = await aFolder()
  const write = (file: string, text: string) => writeFile(join(folder, file), text)
  await write(
    'web.json',
    '{"name": "web", "description": "Ours.", "extends": "h264-360p", "audio": {"bitrate": 48000}}',
  )
  await write(
    'mobile.yaml',
    'name: mobile\ndescription: Small.\nextends: web\nvideo: {width: 160, height: 90, crf: 30}\n',
  )
  await write('wrong.yaml', 'name: wrong\ndescription: No.\nextends: web\nvideo:\n  crf: 99\n')
})

const check = (args: string[], env = {}) => cli(['preset', 'check', ...args], { cwd: folder, env })
const lines = (stdout: string): Checked[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

test('tells what a preset makes, with the commands for a file', async () => {
  const sample = await makeClip('h264-aac')
  const { code, stdout, stderr } = await check(['mobile.yaml', '--sample', sample])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toContain('h264, up to 160 x 90, crf 30')
  expect(stdout).toContain('web, which extends h264-360p')
  expect(stdout).toContain(sample)
  expect(stdout).toMatch(/pass +encode: 2.0 s, 50 frames, mobile/)
  expect(stdout).toMatch(/ffmpeg .*-codec_whitelist … .*-crf 30 .*-b:a 48000/)
  expect(stdout).toContain('it would run; nothing was made')
})

test('without a file a clip is made, and put away', async () => {
  const { code, stdout } = await check(['mobile.yaml', '--json'])
  expect(code).toBe(0)
  const [checked, ...more] = lines(stdout)
  expect(more).toEqual([])
  expect(checked).toMatchObject({
    file: 'mobile.yaml',
    extends: ['web', 'h264-360p'],
    faults: [],
    sample: null,
    refusal: null,
  })
  expect(checked!.preset).toMatchObject({ name: 'mobile', video: { width: 160, crf: 30 }, audio: { bitrate: 48_000 } })
  expect(checked!.plan!.probe.durationUs).toBeGreaterThan(1_900_000)
  expect(checked!.plan!.passes[0]!.argv).toContain('libx264')
  expect((await readdir(folder)).sort()).toEqual(['mobile.yaml', 'web.json', 'wrong.yaml'])
  expect((await readdir(tmpdir())).filter((name) => name.startsWith('ffleet-preset-'))).toEqual([])
})

test('says where one is wrong; what stands beside it is not its fault', async () => {
  const { code, stdout } = await check(['wrong.yaml'])
  expect({ code, stdout }).toEqual({
    code: 1,
    stdout: 'file   wrong.yaml\nwrong  /video/crf, line 5, column 8: must be <= 63\n',
  })
  const json = await check(['wrong.yaml', '--json'])
  expect(lines(json.stdout)).toMatchObject([
    {
      file: 'wrong.yaml',
      preset: null,
      faults: [{ pointer: '/video/crf', line: 5, column: 8, detail: 'must be <= 63' }],
    },
  ])
})

long('a folder is checked with all that is in it, one of a tenant with what it sees', async () => {
  await mkdir(join(folder, 'shop'))
  await writeFile(join(folder, 'shop/own.yaml'), 'name: own\ndescription: Ours.\nextends: mobile\n')
  const all = await check(['.', '--json'])
  expect(all.code).toBe(1)
  expect(lines(all.stdout).map(({ file, preset }) => [file, preset?.name ?? null])).toEqual([
    ['wrong.yaml', null],
    ['mobile.yaml', 'mobile'],
    ['web.json', 'web'],
    ['shop/own.yaml', 'own'],
  ])
  const own = await check(['shop/own.yaml'], { FFLEET_PRESETS_DIR: folder })
  expect(own).toMatchObject({ code: 0, stdout: expect.stringContaining('mobile, which extends web') })
  expect(await check(['shop/own.yaml'])).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('there is no preset mobile'),
  })
})

long('one that would fail for the sample says so', async () => {
  const sample = await makeClip('audio-only')
  const { code, stdout } = await check(['web.json', '--sample', sample])
  expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining('it would fail') })
})

test.each([
  [['check', 'none.yaml'], 1, 'There is no none.yaml.'],
  [['check', 'shop'], 1, 'shop holds no preset'],
  [['check', 'web.json', '--sample', 'none.mp4'], 1, 'There is no input none.mp4.'],
  [['check'], 2, 'Missing argument: FILE'],
  [['look', 'web.json'], 2, 'There is no "look"; it is check.'],
])('%j is refused', async (args, code, said) => {
  await mkdir(join(folder, 'shop'))
  expect(await cli(['preset', ...args], { cwd: folder })).toMatchObject({ code, stderr: expect.stringContaining(said) })
})
