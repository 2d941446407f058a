import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { chmod, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { type ClipName, copyClip, makeClip } from '../../fixtures/media/recipes.js'
import type { Probe } from '../../src/contract/index.js'
import type { Capabilities } from '../../src/ffmpeg/capabilities.js'
import { ffprobe } from '../../src/probe/ffprobe.js'
import { createProber, type Prober, type ProberOptions } from '../../src/probe/index.js'
import { testCapabilities } from '../helpers/encode.js'
import { aFolder } from '../helpers/folder.js'
import { some } from '../helpers/long.js'

let capabilities: Capabilities
let prober: Prober
beforeAll(async () => {
  capabilities = await testCapabilities()
  prober = createProber({ capabilities })
  // Its thread starts with the first file, and on a busy machine takes longer than it may for that one.
  await probe('wav')
})
afterAll(() => prober.close())

const probe = async (clip: ClipName): Promise<Probe> => prober.probe(await makeClip(clip))

/** A prober of a test's own. */
function aProber(options: Partial<ProberOptions> = {}): Prober {
  const own = createProber({ capabilities, ...options })
  onTestFinished(() => own.close())
  return own
}

describe('who answers', () => {
  it.each<[ClipName, Probe['by']]>([
    ['h264-aac', 'mediabunny'],
    ['h264-aac-tail', 'mediabunny'],
    ['h264-aac-mkv', 'mediabunny'],
    ['h264-aac-mov', 'mediabunny'],
    ['h264-fragmented', 'mediabunny'],
    ['vp8-opus-webm', 'mediabunny'],
    ['mp3', 'mediabunny'],
    ['mp3-cover', 'mediabunny'],
    ['flac', 'mediabunny'],
    ['wav', 'mediabunny'],
    ['opus-ogg', 'mediabunny'],
    ['adts', 'mediabunny'],
    ['rotated-90', 'mediabunny'],
    ['two-audio', 'mediabunny'],
    ['vfr', 'mediabunny'],
    // Not read by mediabunny, or not with all that is in it.
    ['h264-aac-ts', 'ffprobe'],
    ['h264-aac-flv', 'ffprobe'],
    ['mpeg4-mp3-avi', 'ffprobe'],
    ['theora-vorbis-ogv', 'ffprobe'],
    ['gif', 'ffprobe'],
    ['png', 'ffprobe'],
    ['interlaced', 'ffprobe'],
    ['late-subtitle', 'ffprobe'],
    ['lying-header', 'ffprobe'],
    ['truncated-mkv', 'ffprobe'],
  ])('%s: %s', async (clip, by) => expect((await probe(clip)).by).toBe(by))
})

describe('both readers give the same facts', () => {
  const CLIPS: ClipName[] = [
    ...(['h264-aac', 'h264-aac-mkv', 'h264-aac-mov', 'vp8-opus-webm', 'mp3', 'mp3-cover', 'flac', 'wav'] as const),
    ...(['wav-5.1', 'opus-ogg', 'video-only', 'audio-only', 'portrait', 'rotated-90', 'odd', 'anamorphic'] as const),
    ...(['50-fps', 'two-audio', 'chapters'] as const),
  ]
  it.each(some(CLIPS, 3))('%s', async (clip) => {
    const path = await makeClip(clip)
    const ours = await prober.probe(path)
    const answer = await ffprobe(path, {
      ffprobe: capabilities.ffprobe!,
      format: null,
      bytes: ours.bytes,
      mayBeInterlaced: false,
      limits: {},
      timeoutMs: 30_000,
    })
    const theirs = answer.probe!
    expect(ours.by).toBe('mediabunny')
    expect(ours.container).toBe(theirs.container)
    expect(Math.abs(ours.durationUs! - theirs.durationUs!)).toBeLessThan(60_000)
    const facts = ({ streams }: Probe) =>
      streams.map(({ index, type, codec, attachedPicture, rotation, channels, sampleRate, language, ...video }) => ({
        ...{ index, type, codec, attachedPicture, rotation, channels, sampleRate, language },
        // Of cover art ffprobe tells the size, too.
        size: attachedPicture ? null : [video.width, video.height, video.displayWidth, video.displayHeight],
        rate: attachedPicture ? null : [video.frameRate, video.constantFrameRate],
      }))
    expect(facts(ours)).toEqual(facts(theirs))
    expect(theirs.chapters).toBe(clip === 'chapters' ? 2 : 0)
  })
})

describe('facts', () => {
  it('counts frames and knows a constant rate', async () => {
    expect((await probe('h264-aac')).streams[0]).toMatchObject({ frames: 50, frameRate: 25, constantFrameRate: true })
    expect((await probe('vfr')).streams[0]).toMatchObject({ frames: 25, constantFrameRate: false })
    expect((await probe('gap')).streams[0]).toMatchObject({ frames: 20, constantFrameRate: false })
  })

  it('sees which video is interlaced', async () => {
    expect((await probe('interlaced')).streams[0]!.interlaced).toBe(true)
    expect((await probe('h264-aac')).streams[0]!.interlaced).toBe(false)
  })

  it('does not take the duration of a subtitle', async () => {
    const { durationUs, streams } = await probe('late-subtitle')
    expect(durationUs! / 1e6).toBeCloseTo(2, 1)
    expect(streams.map(({ type }) => type)).toEqual(['subtitle', 'video', 'audio'])
  })

  it('believes the header of what ends too soon, so that its end can be noticed', async () => {
    for (const clip of ['truncated-faststart', 'truncated-mkv'] as const) {
      const { durationUs, promisedUs } = await probe(clip)
      expect((promisedUs ?? durationUs)! / 1e6).toBeCloseTo(6, 1)
    }
  })

  it.each<[ClipName, string, string]>([
    ['png', 'png_pipe', 'png'],
    ['jpeg', 'jpeg_pipe', 'mjpeg'],
    ['webp', 'webp_pipe', 'webp'],
  ])('knows that a %s does not last', async (clip, container, codec) => {
    const picture = await probe(clip)
    expect(picture).toMatchObject({ container, durationUs: null, bitrate: null })
    expect(picture.streams).toEqual([
      expect.objectContaining({
        type: 'video',
        codec,
        width: 320,
        height: 180,
        frames: 1,
        frameRate: null,
        durationUs: null,
      }),
    ])
  })

  it('knows that a GIF may', async () => expect((await probe('gif')).durationUs).toBe(1_000_000))

  it.each(['x%d.png', '-i.mp4', 'a:b.mp4', "it's.mp4", '🎬.mp4', 'a\nb.mp4', '*.png'])(
    'reads a file called %j',
    async (name) => {
      const path = await copyClip(name.endsWith('png') ? 'png' : 'h264-aac', join(await aFolder(), name))
      expect((await prober.probe(path)).streams[0]!.width).toBe(320)
    },
  )
})

describe('what is refused', () => {
  it.each<[ClipName, string]>([
    ['empty', 'NOT_MEDIA'],
    ['text', 'NOT_MEDIA'],
    ['text-txt', 'NOT_MEDIA'],
    ['srt', 'NOT_MEDIA'],
    ['ffmetadata', 'NOT_MEDIA'],
    ['hls', 'UNSUPPORTED_CONTAINER'],
    ['ffconcat', 'UNSUPPORTED_CONTAINER'],
    ['dash', 'UNSUPPORTED_CONTAINER'],
    ['truncated-tail', 'INPUT_TRUNCATED'],
  ])('%s: %s', async (clip, code) => {
    const error = await probe(clip).catch((error) => error)
    expect(error).toMatchObject({ name: 'FfleetError', code })
    expect(error.message).not.toContain(dirname(await makeClip(clip)))
  })

  it('a header that is cut off', async () => {
    const whole = readFileSync(await makeClip('h264-aac'))
    const path = join(await aFolder(), 'cut.mp4')
    await writeFile(path, whole.subarray(0, whole.indexOf('moov') + 100))
    await expect(prober.probe(path)).rejects.toMatchObject({ code: 'INPUT_TRUNCATED' })
  })

  it('a playlist that ffprobe alone would see through its own eyes', async () => {
    // Longer than what is sniffed, so that only the format whitelist stands in the way.
    const path = join(await aFolder(), 'late.mp4')
    await writeFile(
      path,
      `${' '.repeat(10)}<?xml version="1.0"?>\n<!-- ${'x'.repeat(1_100)} -->\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"/>`,
    )
    await expect(prober.probe(path)).rejects.toMatchObject({
      code: expect.stringMatching(/UNSUPPORTED_CONTAINER|NOT_MEDIA/),
    })
  })

  it('noise, a folder, and what is not there', async () => {
    const folder = await aFolder()
    const noise = join(folder, 'noise.mp4')
    await writeFile(noise, Buffer.from(Array.from({ length: 20_000 }, (_, i) => (i * i * 31 + (i >> 3) * 17) & 0xff)))
    await expect(prober.probe(noise)).rejects.toMatchObject({ code: 'NOT_MEDIA' })
    await expect(prober.probe(folder)).rejects.toMatchObject({ code: 'NOT_A_REGULAR_FILE' })
    await expect(prober.probe(join(folder, 'gone'))).rejects.toMatchObject({ code: 'INPUT_NOT_FOUND' })
  })

  it('what is beyond the limits of inputs, which are none of outputs', async () => {
    const path = await makeClip('h264-aac')
    const small = aProber({ limits: { maxInputBytes: 1_000 } })
    await expect(small.probe(path)).rejects.toMatchObject({ code: 'INPUT_TOO_LARGE' })
    expect((await small.probe(path, { role: 'output' })).bytes).toBeGreaterThan(1_000)
    const narrow = aProber({ limits: { maxPixels: 320 * 180 - 1 } })
    for (const clip of ['h264-aac', 'mpeg4-mp3-avi', 'png'] as const) {
      await expect(narrow.probe(await makeClip(clip))).rejects.toMatchObject({ code: 'DIMENSIONS_TOO_LARGE' })
    }
    expect((await narrow.probe(await makeClip('mp3-cover'))).streams).toHaveLength(2)
    expect((await aProber({ limits: { maxPixels: 320 * 180 } }).probe(path)).streams).toHaveLength(2)
  })

  it('without ffprobe, only what mediabunny can not read', async () => {
    const alone = aProber({ capabilities: { ffprobe: null } })
    expect((await alone.probe(await makeClip('h264-aac'))).by).toBe('mediabunny')
    expect((await alone.probe(await makeClip('interlaced'))).by).toBe('mediabunny')
    await expect(alone.probe(await makeClip('mpeg4-mp3-avi'))).rejects.toMatchObject({ code: 'UNSUPPORTED_CONTAINER' })
  })
})

/** A sample table that claims two thousand million frames: mediabunny would make an object of each. */
async function aHostileFile(): Promise<string> {
  const bytes = Buffer.from(readFileSync(await makeClip('odd')))
  bytes.writeUInt32BE(0x7fffffff, bytes.indexOf('stts') + 12)
  const path = join(await aFolder(), 'hostile.mp4')
  await writeFile(path, bytes)
  return path
}

describe('a file that would exhaust its reader', () => {
  it('ends the thread, while the process goes on, and the next file gets a new one', async () => {
    const own = aProber()
    const path = await aHostileFile()
    await own.probe(await makeClip('h264-aac'))
    let turns = 0
    const turning = setInterval(() => turns++, 5)
    const answer = await own.probe(path).catch((error) => error)
    clearInterval(turning)
    expect(answer.by ?? answer.code).toMatch(/^(ffprobe|NOT_MEDIA)$/)
    expect(turns).toBeGreaterThan(10)
    expect((await own.probe(await makeClip('h264-aac'))).by).toBe('mediabunny')
  })

  it('is given up when the time is up', async () => {
    const own = aProber({ timeoutMs: 300 })
    const answer = await own.probe(await aHostileFile()).catch((error) => error)
    expect(answer.by ?? answer.code).toMatch(/^(ffprobe|NOT_MEDIA|TIMED_OUT)$/)
  })

  it('is given up when nobody wants it any more', async () => {
    const own = aProber()
    const controller = new AbortController()
    await own.probe(await makeClip('h264-aac'))
    const answer = own.probe(await aHostileFile(), { signal: controller.signal })
    setImmediate(() => controller.abort(new Error('enough')))
    await expect(answer).rejects.toThrow('enough')
    await expect(own.probe(await makeClip('h264-aac'), { signal: controller.signal })).rejects.toThrow('enough')
    expect((await own.probe(await makeClip('h264-aac'))).by).toBe('mediabunny')
  })
})

/** Stands in for an ffprobe that hangs, with a child that hangs as well; both write their pids. */
async function aHangingFfprobe(): Promise<{ program: string; pids(): number[] }> {
  const folder = await aFolder()
  const program = join(folder, 'ffprobe')
  await writeFile(
    program,
    `#!/bin/sh\necho $$ > ${folder}/parent.pid\nsleep 600 &\necho $! > ${folder}/child.pid\nwait\n`,
  )
  await chmod(program, 0o755)
  const pid = (file: string) => (existsSync(join(folder, file)) ? Number(readFileSync(join(folder, file), 'utf8')) : 0)
  return { program, pids: () => [pid('parent.pid'), pid('child.pid')].filter((id) => id > 0) }
}

const isAlive = (pid: number) =>
  existsSync(`/proc/${pid}`) && !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')

describe('an ffprobe that hangs', () => {
  it('is killed with its children when the time is up', async () => {
    const { program, pids } = await aHangingFfprobe()
    const own = aProber({ capabilities: { ffprobe: program }, timeoutMs: 5_000 })
    await expect(own.probe(await makeClip('mpeg4-mp3-avi'))).rejects.toMatchObject({ code: 'TIMED_OUT' })
    expect(pids()).toHaveLength(2)
    await vi.waitUntil(() => !pids().some(isAlive), { timeout: 5_000 })
  })

  it('is killed when nobody wants its answer any more', async () => {
    const { program, pids } = await aHangingFfprobe()
    const own = aProber({ capabilities: { ffprobe: program }, timeoutMs: 60_000 })
    const controller = new AbortController()
    const answer = own.probe(await makeClip('mpeg4-mp3-avi'), { signal: controller.signal })
    answer.catch(() => {})
    await vi.waitUntil(() => pids().length === 2, { timeout: 10_000 })
    controller.abort(new Error('enough'))
    await expect(answer).rejects.toThrow('enough')
    await vi.waitUntil(() => !pids().some(isAlive), { timeout: 5_000 })
  })
})

describe('what a prober holds', () => {
  const threads = () => readdirSync('/proc/self/task').length
  const descriptors = () => readdirSync('/proc/self/fd').length

  it('answers many at once', async () => {
    const paths = await Promise.all(
      (['h264-aac', 'mp3', 'flac', 'h264-aac-ts', 'vfr'] as const).map((clip) => makeClip(clip)),
    )
    const probes = await Promise.all([...paths, ...paths].map((path) => prober.probe(path)))
    expect(probes.map(({ bytes }) => bytes)).toEqual([...paths, ...paths].map((path) => readFileSync(path).length))
  })

  it('lets go of thread and files when it is closed', async () => {
    const own = createProber({ capabilities })
    const [before, filesBefore] = [threads(), descriptors()]
    await own.probe(await makeClip('h264-aac'))
    expect(threads()).toBeGreaterThan(before)
    for (const clip of ['mp3', 'text', 'mpeg4-mp3-avi', 'vfr'] as const)
      await own.probe(await makeClip(clip)).catch(() => {})
    await own.close()
    await own.close()
    await vi.waitUntil(() => threads() <= before && descriptors() <= filesBefore, { timeout: 10_000 })
  })

  it('keeps no process alive that forgot to close it', async () => {
    const script = join(await aFolder(), 'forgetful.mts')
    const index = new URL('../../src/probe/index.ts', import.meta.url).href
    await writeFile(
      script,
      `import { createProber } from '${index}'
       createProber({ capabilities: { ffprobe: null } }).probe(process.argv[2]!).then((probe) => console.log(probe.by))`,
    )
    const tsx = fileURLToPath(new URL('../../node_modules/tsx/dist/cli.mjs', import.meta.url))
    const { stdout } = await promisify(execFile)(process.execPath, [tsx, script, await makeClip('h264-aac')], {
      timeout: 30_000,
    })
    expect(stdout.trim()).toBe('mediabunny')
  })
})
