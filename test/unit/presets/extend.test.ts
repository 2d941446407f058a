import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Preset } from '../../../src/contract/index.js'
import { loadPresets, PresetFaultsError, SHIPPED_PRESETS } from '../../../src/presets/index.js'
import { aFolder } from '../../helpers/folder.js'

let folder: string
beforeEach(async () => {
  folder = await aFolder()
})

const shipped = (name: string) => SHIPPED_PRESETS.find((preset) => preset.name === name)!
const OWN = { name: 'own', description: 'Ours.' }

/** Files by their names; what is no text is written as JSON. */
async function write(files: Record<string, unknown>): Promise<void> {
  for (const [file, value] of Object.entries(files)) {
    await writeFile(join(folder, file), typeof value === 'string' ? value : JSON.stringify(value))
  }
}

const load = async (name = 'own') => (await loadPresets(folder)).get(name)!

async function faults(): Promise<string[]> {
  const error = await loadPresets(folder).then(
    () => null,
    (reason) => reason,
  )
  if (!(error instanceof PresetFaultsError)) throw error ?? new Error('they can be used')
  expect(error.message.split('\n').slice(1).join('\n')).not.toContain(folder)
  return error.faults.map(({ file, pointer, detail, place }) => {
    return `${file}${place === null ? '' : `:${place.line}:${place.column}`} ${pointer}: ${detail}`
  })
}

describe('a preset that extends another', () => {
  it('has its fields, but for those that it gives', async () => {
    await write({
      'own.json': { ...OWN, extends: 'h264-720p', video: { height: 540, width: 960 }, audio: { channels: 1 } },
    })
    const base = shipped('h264-720p')
    expect(await load()).toEqual({
      ...base,
      ...OWN,
      video: { ...base.video, height: 540, width: 960 },
      audio: { ...base.audio, channels: 1 },
    })
  })

  it('may be named by another, in any order and over several files', async () => {
    await write({
      'a.yaml': 'name: a\ndescription: A.\nextends: z\naudio: {bitrate: 32000}\n',
      'm.json': {
        name: 'm',
        description: 'M.',
        extends: 'h264-360p',
        video: { crf: 30 },
        tracks: { subtitles: 'keep' },
      },
      'z.yml': 'name: z\ndescription: Z.\nextends: m\ntracks: {chapters: keep}\n',
    })
    const made = await load('a')
    expect(made).toMatchObject({ video: { crf: 30, width: 640 }, audio: { bitrate: 32_000, channels: 2 } })
    expect(made.tracks).toEqual({ subtitles: 'keep', chapters: 'keep' })
    expect(made).not.toHaveProperty('extends')
  })

  const merged: [string, string, object, (preset: Preset) => unknown, unknown][] = [
    ['null takes a part away', 'h264-720p', { audio: null }, ({ audio }) => audio, null],
    ['null takes a field away', 'h264-720p', { video: { speed: null } }, ({ video }) => video!.speed, null],
    ['a bitrate takes the place of crf', 'h264-720p', { video: { bitrate: 90_000 } }, ({ video }) => video!.crf, null],
    [
      'a crf that of bitrate and passes',
      'h264-720p-2pass',
      { video: { crf: 20 } },
      ({ video }) => [video!.bitrate, video!.passes],
      [null, 1],
    ],
    [
      'a frame rate that of its bound',
      'h264-720p',
      { video: { frameRate: 25 } },
      ({ video }) => video!.maxFrameRate,
      null,
    ],
    ['a layout that of channels', 'h264-720p', { audio: { layout: 'mono' } }, ({ audio }) => audio!.channels, null],
    [
      'another container has its own names',
      'h264-720p',
      { container: 'mkv' },
      ({ extension, mediaType }) => [extension, mediaType],
      ['mkv', 'video/x-matroska'],
    ],
    [
      'but for those that are given',
      'h264-720p',
      { container: 'mkv', extension: 'mk3d' },
      ({ extension }) => extension,
      'mk3d',
    ],
    [
      'of sound too',
      'h264-720p',
      { kind: 'audio', video: null },
      ({ extension, mediaType }) => [extension, mediaType],
      ['mp4', 'audio/mp4'],
    ],
    [
      'another codec has figures of its own',
      'h264-720p',
      { video: { codec: 'hevc', crf: 28 } },
      ({ video }) => [video!.speed, video!.width],
      [null, 1280],
    ],
    [
      'the same codec keeps them',
      'h264-720p',
      { video: { codec: 'h264' } },
      ({ video }) => [video!.speed, video!.crf],
      ['medium', 23],
    ],
  ]
  it.each(merged)('%s', async (_, base, fields, of, expected) => {
    await write({ 'own.json': { ...OWN, extends: base, ...fields } })
    expect(of(await load())).toEqual(expected)
  })

  it('replaces what stands inside of a part as a whole, and takes away what is optional', async () => {
    const loud = { loudness: { targetLufs: -23, truePeakDbtp: -3 }, sampleRate: 44_100 }
    await write({
      'base.json': { ...OWN, name: 'base', extends: 'h264-720p', audio: loud },
      'own.json': { ...OWN, extends: 'base', audio: { loudness: { targetLufs: -16 }, sampleRate: null } },
      'gain.json': { ...OWN, name: 'gain', extends: 'base', audio: { gainDb: 3 } },
    })
    expect((await load()).audio).toEqual({ ...shipped('h264-720p').audio, loudness: { targetLufs: -16 } })
    expect((await load('gain')).audio).not.toHaveProperty('loudness')
  })

  it('is validated as a whole, at the place of its own file', async () => {
    await write({ 'own.yaml': 'name: own\ndescription: Ours.\nextends: h264-720p\ncontainer: webm\n' })
    expect(await faults()).toEqual([
      'own.yaml /video/codec: h264 does not go into webm',
      'own.yaml /audio/codec: aac does not go into webm',
    ])
    await write({ 'own.yaml': 'name: own\ndescription: Ours.\nextends: h264-720p\nvideo:\n  crf: 60\n' })
    expect(await faults()).toEqual(['own.yaml:5:8 /video/crf: of h264 goes to 51'])
  })

  it('of a tenant extends what the tenant sees, and nothing else', async () => {
    for (const tenant of ['shop', 'blog']) await mkdir(join(folder, tenant))
    await write({
      'common.json': { ...OWN, name: 'common', extends: 'h264-360p', video: { crf: 30 } },
      'shop/own.json': { ...OWN, extends: 'common' },
      'shop/more.json': { ...OWN, name: 'more', extends: 'own' },
    })
    const book = await loadPresets(folder)
    expect(book.of('shop').get('more')?.video?.crf).toBe(30)
    await write({
      'blog/mine.json': { ...OWN, name: 'mine', extends: 'own' },
      'all.json': { ...OWN, name: 'all', extends: 'own' },
    })
    expect(await faults()).toEqual([
      expect.stringMatching(/^all\.json:\d+:\d+ \/extends: there is no preset own; /),
      expect.stringMatching(/^blog\/mine\.json:\d+:\d+ \/extends: there is no preset own; /),
    ])
  })
})

describe('what can not be extended', () => {
  it('is a circle, told with its chain', async () => {
    await write({
      'a.yaml': 'name: a\ndescription: A.\nextends: b\n',
      'b.yaml': 'name: b\ndescription: B.\nextends: c\n',
      'c.yaml': 'name: c\ndescription: C.\nextends: b\n',
      'me.yaml': 'name: me\ndescription: Me.\nextends: me\n',
    })
    expect(await faults()).toEqual([
      'a.yaml:3:10 /extends: goes in a circle: a extends b extends c extends b; let one of them extend none',
      'b.yaml:3:10 /extends: goes in a circle: b extends c extends b; let one of them extend none',
      'c.yaml:3:10 /extends: goes in a circle: c extends b extends c; let one of them extend none',
      'me.yaml:3:10 /extends: goes in a circle: me extends me; let one of them extend none',
    ])
  })

  it('is a name that is not there, and what is no name', async () => {
    await write({
      'a.yaml': 'name: a\ndescription: A.\nextends: b\n',
      'b.yaml': 'name: b\ndescription: B.\nextends: h264-720\n',
      'c.yaml': 'name: c\ndescription: C.\nextends: [b]\n',
      'd.yaml': 'name: d\ndescription: D.\nextends: __proto__\n',
    })
    expect(await faults()).toEqual([
      'a.yaml:3:10 /extends: there is no preset h264-720; did you mean h264-720p? (a extends b extends h264-720)',
      'b.yaml:3:10 /extends: there is no preset h264-720; did you mean h264-720p? (b extends h264-720)',
      'c.yaml:3:10 /extends: must be the name of a preset',
      'd.yaml:3:10 /extends: there is no preset __proto__; extend a shipped one, or one of the files beside it (d extends __proto__)',
    ])
  })

  it('is more than eight on one another', async () => {
    const chain = (length: number) =>
      Object.fromEntries(
        Array.from({ length }, (_, i) => [
          `${i}.json`,
          { name: `p${i}`, description: 'One.', extends: i === 0 ? 'h264-360p' : `p${i - 1}` },
        ]),
      )
    await write(chain(8))
    expect((await load('p7')).video?.width).toBe(640)
    await write(chain(9))
    expect(await faults()).toEqual([
      expect.stringContaining(
        'stands on more than 8 others: p8 extends p7 extends p6 extends p5 extends p4 extends p3 extends p2 extends p1 extends p0 extends h264-360p;',
      ),
    ])
  })

  it('has all of its faults told, that of its name among them', async () => {
    await write({
      'a.yaml': 'name: poster\ndescription: A.\nextends: none\n',
      'b.yaml': 'name: flac\nextends: h264-720p\n',
    })
    expect(await faults()).toEqual([
      'a.yaml:1:7 /name: poster is a shipped preset; take another name',
      expect.stringMatching(/^a\.yaml:3:10 \/extends: there is no preset none; /),
      'b.yaml:1:7 /name: flac is a shipped preset; take another name',
      'b.yaml /description: is missing',
    ])
  })

  it('is one that is broken itself, which is named once', async () => {
    await write({
      'a.yaml': 'name: a\ndescription: A.\nextends: b\n',
      'b.yaml': 'name: b\ndescription: B.\nextends: h264-720p\nvideo: {crf: 99}\n',
    })
    expect(await faults()).toEqual([
      "a.yaml:3:10 /extends: b can't be used; mend b.yaml first",
      'b.yaml:4:14 /video/crf: must be <= 63',
    ])
  })
})

describe('YAML', () => {
  const HEAD = 'name: own\ndescription: Ours.\nextends: h264-720p\n'

  it('takes comments, and anchors a few times', async () => {
    await write({ 'own.yaml': `# ours\n${HEAD}video: {width: &side 640, height: *side}\n` })
    expect((await load()).video).toMatchObject({ width: 640, height: 640 })
  })

  const bomb = [
    'x0: &x0 [1, 1, 1, 1]',
    ...[1, 2, 3, 4, 5, 6, 7, 8].map((n) => `x${n}: &x${n} [${`*x${n - 1}, `.repeat(9)}1]`),
  ]
  it.each([
    ['a field twice', `${HEAD}name: own\n`, /^own\.yaml:4:1 : is not YAML: a field is given twice; keep one of them$/],
    ['a field twice inside', `${HEAD}video:\n  crf: 20\n  crf: 21\n`, /^own\.yaml:6:3 : .* twice/],
    ['two documents', `${HEAD}---\n${HEAD}`, /^own\.yaml:4:1 : .* one preset/],
    ['tabs', `${HEAD}video:\n\t- a: 1\n`, /^own\.yaml:5:1 : .* take spaces/],
    ['a tag', `${HEAD}video: !!js/function x\n`, /^own\.yaml:4:8 : .* leave them out/],
    ['a key that is no text', `${HEAD}? [a]\n: 1\n`, /^own\.yaml:4:3 : /],
    ['a bracket that stays open', `${HEAD}video: {crf: 20\n`, /^own\.yaml:5:1 : is not YAML: /],
    [
      'an anchor that is not there',
      `${HEAD}video: *none\n`,
      /^own\.yaml : has an alias without its anchor; write it out without anchors$/,
    ],
    ['anchors that multiply', `${HEAD}${bomb.join('\n')}\n`, /^own\.yaml : has anchors that stand for too much/],
    ['an anchor in itself', `${HEAD}video: &v {width: *v}\n`, /^own\.yaml : has an anchor that holds itself/],
    ['a list', '- a\n', /^own\.yaml : must be object/],
    ['nothing', '', /^own\.yaml : must be object/],
    [
      'a number for a text',
      `${HEAD}video: {codec: vp9, crf: 30, speed: 2}\n`,
      /^own\.yaml:4:37 \/video\/speed: must be string; put it in quotes/,
    ],
    ['what is no number', `${HEAD}video: {crf: .nan}\n`, /^own\.yaml:4:14 \/video\/crf: /],
    ['a key of objects', `${HEAD}__proto__: {kind: audio}\n`, /^own\.yaml:4:12 \/__proto__: is not a field/],
  ])('refuses %s', async (_, text, fault) => {
    await write({ 'own.yaml': text })
    expect(await faults()).toEqual([expect.stringMatching(fault)])
  })

  it('is not what a JSON file takes; fields given twice are told of there too', async () => {
    await write({ 'a.json': HEAD, 'b.json': '{"name": "b",\n "name": "c"}', 'c.json': '{\n\t"name": "c",\n}' })
    expect(await faults()).toEqual([
      expect.stringMatching(/^a\.json.* : is not JSON: /),
      'b.json:2:2 : is not JSON: a field is given twice; keep one of them',
      expect.stringMatching(/^c\.json:3:1 : is not JSON: /),
    ])
  })
})
