import { Value } from 'typebox/value'
import { describe, expect, it } from 'vitest'
import { Preset } from '../../../src/contract/index.js'
import { SHIPPED_PRESETS } from '../../../src/presets/index.js'
import { crossFieldFaults } from '../../../src/presets/rules.js'

describe('shipped presets', () => {
  it('are the ones the guides name', () => {
    expect(SHIPPED_PRESETS.map(({ name }) => name)).toEqual([
      'h264-360p',
      'h264-480p',
      'h264-720p',
      'h264-1080p',
      'hevc-1080p',
      'vp9-720p',
      'av1-1080p',
      'h264-720p-2pass',
      'prores',
      'dnxhr',
      'ffv1',
      'mp3-192k',
      'aac-128k',
      'm4b',
      'opus-96k',
      'flac',
      'copy-mp4',
      'copy-mkv',
      'gif',
      'webp',
      'poster',
      'frames',
      'contact-sheet',
      'thumbnails',
      'waveform',
      'peaks',
      'subtitles',
      'attachments',
      'hls',
      'dash',
      'cmaf',
    ])
  })

  it.each(SHIPPED_PRESETS.map((preset) => [preset.name, preset] as const))('%s keeps the rules', (_, preset) => {
    expect([...Value.Errors(Preset, preset)]).toEqual([])
    expect(crossFieldFaults(preset)).toEqual([])
  })

  it.each<[string, Partial<NonNullable<Preset['waveform']>>, string]>([
    ['peaks', { height: 100 }, '/waveform/height'],
    ['peaks', { pointsPerSecond: null }, '/waveform/pointsPerSecond'],
    ['waveform', { height: null }, '/waveform/height'],
    ['waveform', { width: 20_000 }, '/waveform/width'],
  ])('%s with %j would break them', (name, change, pointer) => {
    const shipped = SHIPPED_PRESETS.find((each) => each.name === name)!
    const changed = { ...shipped, waveform: { ...shipped.waveform!, ...change } }
    expect(crossFieldFaults(changed).map((fault) => fault.pointer)).toEqual([pointer])
  })
})
