import { describe, expect, it } from 'vitest'
import type { Probe } from '../../../src/contract/index.js'
import type { PlanInput } from '../../../src/plan/index.js'
import { SHIPPED_PRESETS } from '../../../src/presets/index.js'
import { FORMAT_WHITELIST } from '../../../src/probe/formats.js'
import { anAudio, anOutput, aProbe, aVideo, NEW_FFMPEG, OLD_FFMPEG, option, plan } from './inputs.js'

const probe = aProbe([aVideo(), anAudio()])
const everything = aProbe([
  aVideo(),
  anAudio(),
  { ...anAudio({ codec: 'subrip' }), type: 'subtitle' },
  { ...anAudio({ codec: 'ttf' }), type: 'attachment', attachment: { name: 'a.ttf', mediaType: null, bytes: 3 } },
])
const all = () => SHIPPED_PRESETS.map(({ name }) => anOutput(name))

describe('groups', () => {
  it('decodes once for all outputs of one pass, once more for each of two, and a little for a picture', () => {
    const groups = plan(probe, [
      anOutput('mp3-192k'),
      anOutput('h264-720p-2pass'),
      anOutput('h264-360p'),
      anOutput('poster'),
    ])
    expect(
      groups.map(({ outputs, passes }) => [outputs.map(({ name }) => name), passes.map(({ label }) => label)]),
    ).toEqual([
      [['poster'], ['picture']],
      [['h264-360p', 'mp3-192k'], ['encode']],
      [['h264-720p-2pass'], ['analyse', 'encode']],
    ])
    for (const { passes } of groups) {
      for (const { args } of passes) expect(args.filter((arg) => arg === '-i')).toHaveLength(1)
    }
  })

  it('shares the weight of an attempt out to all passes', () => {
    for (const outputs of [
      all(),
      [anOutput('poster')],
      [anOutput('h264-720p-2pass')],
      [anOutput('flac'), anOutput('poster')],
    ]) {
      const weights = plan(everything, outputs).flatMap(({ passes }) => passes.map((pass) => pass.plan.weight))
      expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 10)
      expect(Math.min(...weights)).toBeGreaterThan(0)
    }
    const [analyse, encode] = plan(probe, [anOutput('h264-720p-2pass')])[0]!.passes
    expect(analyse!.plan.weight).toBeCloseTo(0.35)
    expect(encode!.plan.weight).toBeCloseTo(0.65)
  })

  it('names files and folders itself, each once', () => {
    const outputs = plan(everything, all()).flatMap((group) => group.outputs)
    const paths = outputs.map(({ relativePath }) => relativePath)
    expect(new Set(paths).size).toBe(SHIPPED_PRESETS.length)
    for (const path of paths) expect(path).toMatch(/^out-\d+(\.[a-z0-9]+)?$/)
    expect(
      outputs
        .filter(({ isFolder }) => isFolder)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['attachments', 'cmaf', 'dash', 'frames', 'hls', 'thumbnails'])
  })

  it('takes names that a request gave to no path', () => {
    const output = { ...anOutput('h264-720p'), name: '-y', path: '../../etc/passwd' }
    expect(plan(probe, [output])[0]!.passes[0]!.args.join(' ')).not.toMatch(/passwd|-y /)
  })

  it('expects frames only where they are known to last equally long', () => {
    const frames = (video: Parameters<typeof aVideo>[0], name = 'h264-720p', more = {}) =>
      plan(aProbe([aVideo(video)]), [anOutput(name)], more)[0]!.passes[0]!.plan.expectedFrames
    expect(frames({})).toBe(250)
    expect(frames({ constantFrameRate: false })).toBeNull()
    expect(frames({ frameRate: 50 }, 'h264-360p')).toBe(300)
    expect(frames({}, 'h264-720p', { startMs: 2_000, endMs: 4_000 })).toBe(50)
    expect(frames({}, 'poster')).toBe(1)
    expect(plan(probe, [anOutput('flac')])[0]!.passes[0]!.plan.expectedFrames).toBeNull()
    expect(frames({}, 'thumbnails')).toBe(10)
  })
})

describe('the place in the input', () => {
  const places = (name: string, facts: Partial<Probe> = {}, more: Partial<PlanInput> = {}) =>
    plan(aProbe([aVideo({ durationUs: facts.durationUs ?? null })], facts), [anOutput(name)], more)[0]!.passes.map(
      ({ wholeInput }) => wholeInput,
    )
  const matroska = { container: 'matroska,webm', durationUs: 10_000_000 }
  const input = '/media/in.mp4'

  it('counts where all of the input is read, in each pass', () => {
    expect(places('h264-720p', matroska)).toEqual([input])
    expect(places('h264-720p-2pass', matroska)).toEqual([input, input])
    expect(places('thumbnails', matroska)).toEqual([input, null])
  })
  it('counts for nothing in a part of it, or for a picture', () => {
    expect(places('h264-720p', matroska, { startMs: 2_000 })).toEqual([null])
    expect(places('h264-720p', matroska, { endMs: 4_000 })).toEqual([null])
    expect(places('poster', matroska)).toEqual([null])
  })
  it('counts where an index tells the places only if nothing else is known', () => {
    expect(places('h264-720p', { durationUs: 10_000_000 })).toEqual([null])
    expect(places('h264-720p', { durationUs: null })).toEqual([input])
    expect(places('h264-720p', { durationUs: null }, { expectedDurationMs: 4_000 })).toEqual([null])
  })
})

describe('two passes', () => {
  it('keeps what the first learned in the attempt folder and writes no file then', () => {
    const [analyse, encode] = plan(probe, [anOutput('h264-720p-2pass')])[0]!.passes.map(({ args }) => args)
    expect(analyse!.slice(-3)).toEqual(['-f', 'null', '-'])
    expect([option(analyse!, '-pass'), option(encode!, '-pass')]).toEqual(['1', '2'])
    expect(option(analyse!, '-passlogfile')).toBe(option(encode!, '-passlogfile'))
    expect(option(analyse!, '-passlogfile')).toMatch(/^pass-\d+$/)
    expect(analyse!).toContain('-an')
    expect(analyse!).not.toContain('-c:a')
    expect(option(encode!, '-c:a')).toBe('aac')
  })

  it('reaches x265, which ffmpeg does not tell', () => {
    const twice = anOutput('hevc-1080p', (recipe) =>
      Object.assign(recipe.video!, { crf: null, bitrate: 1_000_000, passes: 2 }),
    )
    const passes = plan(probe, [twice])[0]!.passes.map(({ args }) => option(args, '-x265-params'))
    expect(passes).toEqual(['log-level=error:pass=1:stats=pass-0', 'log-level=error:pass=2:stats=pass-0'])
  })
})

describe('what stands before the input', () => {
  const argsOf = (more: Parameters<typeof plan>[2], of = probe) =>
    plan(of, [anOutput('h264-720p')], more)[0]!.passes[0]!.args
  const inFront = (args: string[]) => args.slice(0, args.indexOf('-i'))

  it('holds ffmpeg to one file of a known kind', () => {
    const args = inFront(argsOf({}))
    expect(option(args, '-protocol_whitelist')).toBe('file')
    expect(option(args, '-format_whitelist')).toBe(FORMAT_WHITELIST)
    expect(option(args, '-f')).toBe('mov')
  })

  it.each(['/media/x%d.png', '/media/a: b.mp4', "/media/it's.mp4", '/media/-rf.mp4', '/media/🎬.mp4'])(
    'takes %s as it is',
    (inputPath) => {
      expect(option(argsOf({ inputPath }), '-i')).toBe(`file:${inputPath}`)
    },
  )

  it('limits pixels where there are any', () => {
    const limits = { maxPixels: 8_294_400 }
    expect(option(inFront(argsOf({ limits })), '-max_pixels')).toBe('8294400')
    expect(argsOf({})).not.toContain('-max_pixels')
    const audio = plan(aProbe([anAudio()]), [anOutput('flac')], { limits })[0]!.passes[0]!.args
    expect(audio).not.toContain('-max_pixels')
  })
})

describe('ffmpeg of every age', () => {
  it('keeps the times of frames in the way that it knows', () => {
    const decoding = (capabilities: typeof NEW_FFMPEG) =>
      plan(everything, all(), { capabilities })
        .flatMap(({ passes }) => passes)
        .filter(({ label }) => label !== 'extract')
    const [fresh, old] = [decoding(NEW_FFMPEG), decoding(OLD_FFMPEG)]
    for (const { args } of fresh) {
      expect(args).not.toContain('-vsync')
      expect(option(args, '-fps_mode')).toBe('vfr')
    }
    for (const { args } of old) {
      expect(args).not.toContain('-fps_mode')
      expect(option(args.slice(0, args.indexOf('-i')), '-vsync')).toBe('vfr')
    }
  })
})
