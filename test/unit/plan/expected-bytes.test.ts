import { describe, expect, test } from 'vitest'
import type { Probe } from '../../../src/contract/index.js'
import { expectedBytes, type PlanInput, type PresetOutput } from '../../../src/plan/index.js'
import { anAudio, anOutput, aProbe, aVideo, plan } from './inputs.js'

function bytesOf(output: PresetOutput, probe: Probe, more: Partial<PlanInput> = {}): number | null {
  const [group] = plan(probe, [output], more)
  return expectedBytes(output.recipe, group!.outputs[0]!, probe)
}

const film = aProbe([aVideo(), anAudio()])

describe('encoded', () => {
  test('is the bit rates by the length', () => {
    expect(bytesOf(anOutput('h264-720p-2pass'), film)).toBe(((2_500_000 + 128_000) * 10) / 8)
    expect(bytesOf(anOutput('mp3-192k'), film)).toBe((192_000 * 10) / 8)
  })

  test('counts only what there is', () => {
    expect(bytesOf(anOutput('h264-720p-2pass'), aProbe([aVideo()]))).toBe((2_500_000 * 10) / 8)
  })

  test('of a part is the part', () => {
    expect(bytesOf(anOutput('mp3-192k'), film, { startMs: 2_000, endMs: 7_000 })).toBe((192_000 * 5) / 8)
  })

  test.each(['h264-720p', 'vp9-720p', 'flac', 'poster', 'thumbnails'])('%s tells none', (name) => {
    expect(bytesOf(anOutput(name), film)).toBeNull()
  })

  test('without a length tells none', () => {
    const endless = aProbe([aVideo({ durationUs: null }), anAudio({ durationUs: null })], { durationUs: null })
    expect(bytesOf(anOutput('mp3-192k'), endless)).toBeNull()
  })
})

describe('copied', () => {
  test('is the input, or the share of it that is asked for', () => {
    expect(bytesOf(anOutput('copy-mp4'), film)).toBe(1_000_000)
    expect(bytesOf(anOutput('copy-mp4'), film, { endMs: 2_500 })).toBe(250_000)
  })

  test('from later on tells none: it begins at some key frame before', () => {
    expect(bytesOf(anOutput('copy-mp4'), film, { startMs: 5_000 })).toBeNull()
  })

  test('is the bit rates of what is copied where something is left out, if they are known', () => {
    const rates = [aVideo({ bitrate: 400_000 }), anAudio({ bitrate: 80_000 }), anAudio({ bitrate: 320_000 })]
    const first = anOutput('copy-mp4', (recipe) => Object.assign(recipe, { tracks: { audio: 'first' } }))
    expect(bytesOf(first, aProbe(rates))).toBe((480_000 * 10) / 8)
    expect(bytesOf(first, aProbe([aVideo(), anAudio(), anAudio()]))).toBeNull()
  })
})
