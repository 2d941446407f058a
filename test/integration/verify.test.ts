import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ClipName, copyClip, makeClip } from '../../fixtures/media/recipes.js'
import type { Capabilities } from '../../src/ffmpeg/capabilities.js'
import { createProber, type Prober } from '../../src/probe/index.js'
import { type VerifyRequest, verifyOutput } from '../../src/verify/index.js'
import { testCapabilities } from '../helpers/encode.js'
import { aFolder } from '../helpers/folder.js'

let capabilities: Capabilities
let prober: Prober
beforeAll(async () => {
  capabilities = await testCapabilities()
  prober = createProber({ capabilities })
})
afterAll(() => prober.close())

const BOTH = { video: 1, audio: 1 }

/** Takes one clip for the output of another. */
async function verify(output: ClipName | { path: string }, from: ClipName, more: Partial<VerifyRequest> = {}) {
  const path = typeof output === 'string' ? await makeClip(output) : output.path
  const inputPath = await makeClip(from)
  const input = { path: inputPath, probe: await prober.probe(inputPath), startMs: null, endMs: null }
  const { durationUs, promisedUs } = input.probe
  const expected = { durationUs, promisedUs, streams: BOTH }
  return verifyOutput({ path, isFolder: false, expected, prober, input, capabilities, logLines: [], ...more })
}

describe('verifyOutput', () => {
  it('accepts what was expected', async () => {
    const { verified, warnings, bytes, probe } = await verify('h264-aac', 'h264-aac-mkv')
    expect(verified).toEqual({ duration: true, streams: true, decodes: null })
    expect(warnings).toEqual([])
    expect(bytes).toBe(probe.bytes)
  })

  it('decodes samples where it is asked to', async () => {
    const { verified, warnings } = await verify('h264-aac-6s', 'h264-aac-6s', { sample: true })
    expect(verified).toEqual({ duration: true, streams: true, decodes: true })
    expect(warnings).toEqual([])
  })

  it('refuses what nobody can play', async () => {
    const data = await readFile(await makeClip('h264-aac'))
    const media = data.indexOf('mdat') + 4
    data.fill(0xa5, media, media + data.readUInt32BE(media - 8) - 8)
    const path = join(await aFolder(), 'noise.mp4')
    await writeFile(path, data)
    const noise = verify({ path }, 'h264-aac', { sample: true })
    await expect(noise).rejects.toMatchObject({
      code: 'OUTPUT_INVALID',
      message: expect.stringMatching(/can not be played/),
    })
  })

  it('accepts less when the input has no more', async () => {
    const { warnings, verified } = await verify('h264-aac', 'lying-header')
    expect(verified.duration).toBe(true)
    expect(warnings).toHaveLength(1)
  })

  it('accepts more than was expected, and says so', async () => {
    const { warnings, verified } = await verify('h264-aac-6s', 'h264-aac')
    expect(verified.duration).toBeNull()
    const detail = 'By its header, 2.0 s of the input were to be expected; the output lasts 6.0 s.'
    expect(warnings).toEqual([{ code: 'LENGTH_UNEXPECTED', detail }])
  })

  it('does not measure what can not be told beforehand', async () => {
    const expected = { durationUs: null, streams: BOTH }
    expect((await verify('h264-aac-6s', 'h264-aac', { expected })).verified.duration).toBeNull()
  })

  it('refuses less than the input has', async () => {
    await expect(verify('h264-aac', 'h264-aac-6s')).rejects.toMatchObject({
      code: 'OUTPUT_INVALID',
      message: 'The output lasts 2.0 s instead of 6.0 s.',
    })
  })

  it('blames an input that is cut off, by the log or by looking', async () => {
    const logLines = ['[mov,mp4,m4a,3gp,3g2,mj2] stream 0, offset 0x1f00: partial file']
    await expect(verify('h264-aac', 'h264-aac-6s', { logLines })).rejects.toMatchObject({ code: 'INPUT_TRUNCATED' })
    await expect(verify('h264-aac', 'truncated-faststart')).rejects.toMatchObject({ code: 'INPUT_TRUNCATED' })
  })

  it.each<[ClipName, typeof BOTH, string]>([
    ['audio-only', BOTH, 'The output has no video.'],
    ['video-only', BOTH, 'The output has no audio.'],
    ['mp3-cover', BOTH, 'The output has no video.'],
    ['text', BOTH, "The output can't be read: No reader knows what is in the file."],
    ['empty', BOTH, 'ffmpeg wrote no output.'],
  ])('refuses %s', async (clip, streams, message) => {
    const expected = { durationUs: 2_000_000, streams }
    await expect(verify(clip, 'h264-aac', { expected })).rejects.toMatchObject({ code: 'OUTPUT_INVALID', message })
  })

  it('refuses what is not there', async () => {
    const path = join(await aFolder(), 'nothing.mp4')
    await expect(verify({ path }, 'h264-aac')).rejects.toMatchObject({ code: 'OUTPUT_INVALID' })
  })

  it('looks at every file of a folder', async () => {
    const path = join(await aFolder(), 'out-0')
    const expected = { durationUs: null, streams: { video: 1, audio: 0 } }
    const request = { isFolder: true, expected }
    await mkdir(path)
    await expect(verify({ path }, 'h264-aac', request)).rejects.toMatchObject({
      message: 'ffmpeg wrote no thumbnails.',
    })
    await copyClip('jpeg', join(path, 'sprite-001.jpg'))
    await writeFile(join(path, 'index.vtt'), 'WEBVTT\n')
    const { bytes, probe } = await verify({ path }, 'h264-aac', request)
    expect(bytes).toBe(probe.bytes + 7)
    await writeFile(join(path, 'sprite-002.jpg'), '')
    await expect(verify({ path }, 'h264-aac', request)).rejects.toMatchObject({ message: 'ffmpeg wrote no output.' })
  })
})
