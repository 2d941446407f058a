/** Chapters of joined inputs, and what is carried from the first, as ffprobe finds them in real outputs. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { makeClip } from '../../fixtures/media/recipes.js'
import type { Clip } from '../../src/plan/index.js'
import { anOutput, useEncoder } from '../helpers/encode.js'
import { aFolder } from '../helpers/folder.js'
import { long, some } from '../helpers/long.js'

const encoder = useEncoder()

/** A sound of a file, with tags and perhaps a picture. */
async function track(name: string, lengthS: number, tags: Record<string, string>, cover = false): Promise<Clip> {
  const path = join(await aFolder(), name)
  const picture = cover ? ['-i', await makeClip('png')] : []
  const args = [
    ...['-v', 'error', '-f', 'lavfi', '-i', `sine=frequency=440:duration=${lengthS}`, ...picture, '-map', '0:a'],
    ...(cover ? ['-map', '1:v', '-c:v', 'png', '-disposition:v', 'attached_pic'] : []),
    ...Object.entries(tags).flatMap(([tag, value]) => ['-metadata', `${tag}=${value}`]),
  ]
  execFileSync('ffmpeg', [...args, path])
  return {
    startMs: null,
    endMs: null,
    expectedDurationMs: null,
    ...(await file(path, true)),
    title: name.replace(/\.\w+$/, ''),
  }
}

const file = async (inputPath: string, everyStream = false) => ({
  inputPath,
  probe: await encoder.prober.probe(inputPath, { everyStream }),
})

function told(path: string) {
  const args = ['-v', 'error', '-of', 'json', '-show_chapters', '-show_format', '-show_streams', path]
  const { chapters, format, streams } = JSON.parse(execFileSync('ffprobe', args, { encoding: 'utf8' })) as {
    chapters: { start_time: string; end_time: string; tags: { title: string } }[]
    format: { tags: Record<string, string>; duration: string }
    streams: { codec_type: string; disposition: { attached_pic: number } }[]
  }
  return {
    chapters: chapters.map(({ start_time, tags }) => [tags.title, Number(start_time)] as const),
    tags: format.tags,
    lengthS: Number(format.duration),
    covers: streams.filter(({ disposition }) => disposition.attached_pic === 1).length,
  }
}

/** Where the sound is loudest against silence before it: when each part begins, in seconds. */
const m4b = (clips: Clip[]) => encoder.encode({ path: clips[0]!.inputPath }, ['m4b'], { clips })

describe('an audiobook', () => {
  test('has a chapter for each input, the tags of the first and the cover of the first that has one', async () => {
    const book = { album: 'The = Book; \\ #1', artist: 'A. Reader' }
    const clips = [
      await track('a.mp3', 1.2, { ...book, title: 'One', track: '1' }),
      await track('b.m4a', 0.7, { ...book, title: 'Two; #2 = \\ "it\'s"' }),
      await track('c.mp3', 0.9, { ...book, title: 'Drei – 三' }, true),
    ]
    const { path, verified, warnings, probe } = (await m4b(clips)).outputs.m4b!
    expect(warnings).toEqual([])
    expect(verified).toMatchObject({ duration: true })
    expect(probe.chapters).toBe(3)
    const { chapters, tags, covers, lengthS } = told(path)
    expect(chapters.map(([title]) => title)).toEqual(['One', 'Two; #2 = \\ "it\'s"', 'Drei – 三'])
    const lengths = clips.map((clip) => clip.probe.streams.find(({ type }) => type === 'audio')!.durationUs! / 1e6)
    expect(chapters[1]![1]).toBeCloseTo(lengths[0]!, 2)
    expect(chapters[2]![1]).toBeCloseTo(lengths[0]! + lengths[1]!, 2)
    expect(lengthS).toBeCloseTo(lengths[0]! + lengths[1]! + lengths[2]!, 1)
    expect(tags).toMatchObject({ title: book.album, album: book.album, artist: book.artist })
    expect(tags).not.toHaveProperty('track')
    expect(covers).toBe(1)
  })
  test('names chapters as files where tags have no names for them', async () => {
    const same = { title: 'The Book' }
    const clips = [
      await track('01 - The Boy.mp3', 0.3, same),
      await track('02_a_dog.mp3', 0.3, same),
      await track('03.mp3', 0.3, same),
    ]
    const { chapters } = told((await m4b([...clips, { ...clips[0]!, loop: 2 }])).outputs.m4b!.path)
    expect(chapters.map(([title]) => title)).toEqual(['The Boy', 'a dog', 'Chapter 3', 'The Boy'])
  })
  test('of a single file keeps its own chapters', async () => {
    const { outputs, probe } = await encoder.encode('tracks', ['m4b'])
    expect(probe.chapters).toBeGreaterThan(0)
    expect(told(outputs.m4b!.path).chapters).toHaveLength(probe.chapters!)
  })
  long('of as many inputs as there may be', async () => {
    const clip = await track('1.mp3', 0.2, {})
    const { chapters } = told((await m4b(Array.from({ length: 99 }, () => ({ ...clip })))).outputs.m4b!.path)
    expect(chapters).toHaveLength(99)
    const lengthS = clip.probe.streams[0]!.durationUs! / 1e6
    expect(chapters[98]![1]).toBeCloseTo(98 * lengthS, 1)
  })
})

test.each(some(['mp4', 'mkv'] as const, 2))(
  'a film in %s has chapters where they are asked for, also over cross-fades',
  async (container) => {
    const clip = await file(await makeClip('h264-aac'))
    const one = { startMs: null, endMs: null, expectedDurationMs: null, ...clip, title: 'scene' }
    const clips = [one, { ...one, crossfadeMs: 500 }]
    const output = anOutput('h264-360p', (recipe) => {
      Object.assign(recipe, { container, extension: container, tracks: { chapters: 'inputs' } })
    })
    const { outputs } = await encoder.encode('h264-aac', [output, anOutput('mp3-192k')], { clips })
    const { chapters, lengthS } = told(outputs['h264-360p']!.path)
    expect(chapters).toHaveLength(2)
    expect(chapters[1]![1]).toBeCloseTo(lengthS - 2, 1)
  },
)
