/** What the first bytes of real files tell, as they come. */
import { execFile } from 'node:child_process'
import { open, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { type ClipName, makeClip } from '../../fixtures/media/recipes.js'
import { BARE } from '../../src/ffmpeg/index.js'
import { createProber, type Front, factsByFront, readFront } from '../../src/probe/index.js'
import { testCapabilities } from '../helpers/encode-into.js'
import { aFolder } from '../helpers/folder.js'

const run = promisify(execFile)
const prober = createProber({ capabilities: { ...(await testCapabilities()), enclosure: BARE } })
afterAll(() => prober.close())

/** Lets the file come as far as it is asked to each time; `asked`: how often. */
async function comingIn(path: string): Promise<{ front: Front; asked: number }> {
  const whole = await readFile(path)
  const growing = await open(join(await aFolder(), 'growing'), 'w+')
  try {
    await growing.truncate(whole.length)
    let front: Front = { kind: 'more', bytes: 1 }
    let [asked, here] = [0, 0]
    for (; front.kind === 'more'; asked++) {
      expect(front.bytes).toBeGreaterThan(here)
      await growing.write(whole, here, front.bytes - here, here)
      here = front.bytes
      front = readFront(growing.fd, here, whole.length)
    }
    return { front, asked }
  } finally {
    await growing.close()
  }
}

/** The film with its index in front, copied by these options of an output. */
async function remade(name: string, ...args: string[]): Promise<string> {
  const path = join(await aFolder(), name)
  const more = args.includes('chapters') ? ['-i', await makeClip('chapters'), '-map', '0', '-map_chapters', '1'] : []
  const options = args.filter((each) => each !== 'chapters')
  await run('ffmpeg', ['-v', 'error', '-i', await makeClip('large-in-front'), ...more, '-c', 'copy', ...options, path])
  return path
}

describe('the front of a film', () => {
  it.each<[string, ClipName]>([
    ['an MP4 with its index in front', 'large-in-front'],
    ['a Matroska file', 'large-mkv'],
    ['a transport stream, with its end,', 'large-ts'],
    ['an M2TS file, with its end,', 'large-m2ts'],
  ])('of %s tells how it is to be encoded', async (_, clip) => {
    const path = await makeClip(clip)
    const { size } = await stat(path)
    const { front, asked } = await comingIn(path)
    expect(asked).toBeLessThan(10)
    if (front.kind !== 'ready') throw new Error(front.kind)
    expect(front.bytes).toBeLessThan(size * 0.8)
    const copy = join(await aFolder(), 'front')
    const body = await readFile(path)
    await writeFile(copy, body.fill(0, front.bytes, front.endBytes > 0 ? size - front.endBytes : size))
    if (front.endBytes === 0) await truncate(copy, front.bytes)
    if (front.isIndexed) await truncate(copy, size)
    const [whole, told] = [
      await prober.probe(path),
      factsByFront(await prober.probe(copy, { isFront: true }), front, size),
    ]
    if (front.isIndexed) expect(told).toEqual(whole)
    else {
      expect(told).toMatchObject({
        ...whole,
        bitrate: null,
        durationUs: expect.any(Number),
        streams: whole.streams.map(() => ({})),
      })
      expect(Math.abs(told!.durationUs! - whole.durationUs!)).toBeLessThan(50_000)
      for (const [i, stream] of whole.streams.entries()) {
        // ffmpeg guesses the bitrate of sound by what it has read.
        const { durationUs, bitrate, ...others } = stream
        expect(told!.streams[i]).toMatchObject({ ...others, packets: null, frames: null })
        expect(Math.abs(told!.streams[i]!.durationUs! - durationUs!)).toBeLessThan(50_000)
      }
    }
  })

  it.each<[string, () => Promise<string>]>([
    ['an index behind it', () => makeClip('large-behind')],
    ['fragments', () => remade('out.mp4', '-movflags', '+frag_keyframe+empty_moov')],
    ['chapters in a track of their own', () => remade('out.mp4', 'chapters', '-movflags', '+faststart')],
    ['less than ffmpeg looks at', () => makeClip('h264-aac')],
    ['no length in its header', () => remade('out.mkv', '-live', '1')],
    ['another container', () => remade('out.avi')],
    ['tags behind it', tagsBehind],
  ])('with %s is waited for to its end', async (_, made) => {
    expect((await comingIn(await made())).front).toEqual({ kind: 'no' })
  })
})

/** Matroska whose list of what lies where leads behind the film for its tags. */
async function tagsBehind(): Promise<string> {
  const path = await remade('out.mkv')
  const bytes = await readFile(path)
  // SeekID and SeekPosition of Tags.
  const at = bytes.indexOf(Buffer.from('53ab841254c36753ac', 'hex'))
  const length = bytes[at + 9]! & 0x7f
  bytes.fill(0xff, at + 10, at + 10 + length)
  await writeFile(path, bytes)
  return path
}
