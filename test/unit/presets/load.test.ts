import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { loadPresets, PresetFaultsError, SHIPPED_PRESETS } from '../../../src/presets/index.js'
import { aFolder } from '../../helpers/folder.js'

let folder: string
beforeEach(async () => {
  folder = await aFolder()
})

const OURS = {
  name: 'mobile',
  description: 'Small.',
  kind: 'av',
  container: 'mp4',
  extension: 'mp4',
  mediaType: 'video/mp4',
  video: { codec: 'h264', width: 426, height: 240, crf: 28 },
  audio: { codec: 'aac', bitrate: 48_000, channels: 1 },
}

const write = (file: string, value: unknown) =>
  writeFile(join(folder, file), typeof value === 'string' ? value : JSON.stringify(value))

async function faults(): Promise<string[]> {
  try {
    await loadPresets(folder)
  } catch (error) {
    if (error instanceof PresetFaultsError) {
      return error.faults.map(({ file, pointer, detail }) => `${file} ${pointer}: ${detail}`)
    }
    throw error
  }
  return []
}

describe('loadPresets', () => {
  it('gives the shipped ones without a folder', async () => {
    const book = await loadPresets()
    expect(book.list()).toEqual(SHIPPED_PRESETS)
    expect(book.get('h264-720p')?.container).toBe('mp4')
    expect(book.get('nothing')).toBeUndefined()
  })

  it("gives a tenant's to that tenant alone, and names what is wrong with them", async () => {
    await write('a.json', OURS)
    for (const tenant of ['shop', 'blog', '.git']) await mkdir(join(folder, tenant))
    await write('shop/one.json', { ...OURS, name: 'one' })
    await write('blog/one.json', { ...OURS, name: 'one', description: "Blog's." })
    await write('.git/x.json', 'nobody reads it')
    const book = await loadPresets(folder)
    const more = (tenant: string | null) =>
      book
        .of(tenant)
        .list()
        .slice(SHIPPED_PRESETS.length)
        .map(({ name, description }) => [name, description])
    expect(more(null)).toEqual([['mobile', 'Small.']])
    expect(more('shop')).toEqual([...more(null), ['one', 'Small.']])
    expect(more('blog')).toEqual([...more(null), ['one', "Blog's."]])
    expect(more('never')).toEqual(more(null))
    expect(book.of('shop').of('blog').get('one')?.description).toBe("Blog's.")

    await mkdir(join(folder, 'The Shop'))
    await write('shop/two.json', { ...OURS, name: 'mobile' })
    await write('shop/three.json', { ...OURS, name: 'poster' })
    expect(await faults()).toEqual([
      'The Shop/ : is not the name of a tenant: 1 to 32 lower-case letters, digits and hyphens',
      'shop/three.json /name: poster is a shipped preset; take another name',
      'shop/two.json /name: mobile is already the preset of a.json',
    ])
  })

  it("adds the operator's, with what was left out", async () => {
    await write('b.json', OURS)
    await write('a.json', { ...OURS, name: 'mobile-silent', audio: null })
    await write('notes.txt', 'no preset')
    const book = await loadPresets(folder)
    expect(book.list().map(({ name }) => name)).toEqual([
      ...SHIPPED_PRESETS.map(({ name }) => name),
      'mobile',
      'mobile-silent',
    ])
    expect(book.get('mobile')?.video).toEqual({
      codec: 'h264',
      width: 426,
      height: 240,
      crf: 28,
      bitrate: null,
      speed: null,
      passes: 1,
      maxFrameRate: null,
    })
  })

  it('names every fault of every file at once', async () => {
    await write('broken.json', '{"name": ')
    await write('array.json', [OURS])
    await write('shadow.json', { ...OURS, name: 'h264-720p' })
    await write('first.json', OURS)
    await write('second.json', OURS)
    await write('schema.json', {
      ...OURS,
      name: 'Not Lower',
      kind: 'movie',
      surprise: 1,
      video: { ...OURS.video, crf: 99, colour: 'red' },
      mediaType: undefined,
    })
    await write('rules.json', {
      ...OURS,
      name: 'odd',
      container: 'webm',
      video: { codec: 'h264', crf: 20, bitrate: 90_000 },
    })
    const found = await faults()
    expect(found).toContainEqual(expect.stringMatching(/^broken\.json : is not JSON/))
    expect(found).toContainEqual(expect.stringMatching(/^array\.json : must be object/))
    expect(found).toContain('shadow.json /name: h264-720p is a shipped preset; take another name')
    expect(found).toContain('second.json /name: mobile is already the preset of first.json')
    expect(found).toContainEqual(expect.stringMatching(/^schema\.json \/name: must match pattern/))
    expect(found).toContain(
      'schema.json /kind: must be one of av, audio, remux, archive, animation, picture, frames, sheet, sprites, waveform, subtitles, attachments, ladder',
    )
    expect(found).toContain('schema.json /surprise: is not a field of a preset')
    expect(found).toContain('schema.json /mediaType: is missing')
    expect(found).toContain('schema.json /video/crf: must be <= 63')
    expect(found).toContain('schema.json /video/colour: is not a field of a preset')
    expect(found).toContain('rules.json /video/codec: h264 does not go into webm')
    expect(found).toContain('rules.json /video: give either crf or bitrate')
    expect(found).toContain('rules.json /audio/codec: aac does not go into webm')
    expect(found).toHaveLength(13)
  })

  it('says them in one message', async () => {
    await write('broken.json', 'no')
    await write('shadow.json', { ...OURS, name: 'flac' })
    await expect(loadPresets(folder)).rejects.toThrow(
      /broken\.json: is not JSON[\s\S]*shadow\.json:1:9 \/name: flac is a shipped/,
    )
  })

  it.each([
    ['two passes without a bitrate', { video: { codec: 'h264', crf: 20, passes: 2 } }, '/video/passes'],
    ['a speed of another encoder', { video: { codec: 'h264', crf: 20, speed: '8' } }, '/video/speed'],
    ['a quality that the codec has not got', { video: { codec: 'h264', crf: 55 } }, '/video/crf'],
    ['no target at all', { video: { codec: 'h264' } }, '/video'],
    ['a copy in a preset that encodes', { video: { codec: 'copy' } }, '/video/codec'],
    ['no video in a preset for it', { video: null }, '/video'],
    ['sprites in a video', { sprites: { intervalMs: 1000, columns: 2, rows: 2, width: 100 } }, '/sprites'],
    [
      'a folder that has an extension',
      { kind: 'sprites', container: 'sprites', video: null, audio: null },
      '/extension',
    ],
    ['a file that has none', { extension: '' }, '/extension'],
    ['too many channels for the codec', { audio: { codec: 'mp3', channels: 6 } }, '/audio/channels'],
    ['an audio preset with video', { kind: 'audio' }, '/video'],
    ['a container of another kind', { container: 'jpeg' }, '/container'],
    ['a remux that encodes', { kind: 'remux' }, '/audio/codec'],
  ])('refuses %s', async (_, change, pointer) => {
    await write('one.json', { ...OURS, ...change })
    expect((await faults()).map((fault) => fault.split(' ')[1])).toContain(`${pointer}:`)
  })
})
