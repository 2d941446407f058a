import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readFfprobeJson } from '../../../src/probe/ffprobe-json.js'

const CONTEXT = { bytes: 1_000, mayBeInterlaced: false }
const read = (streams: object[], format: object = {}, context = CONTEXT) =>
  readFfprobeJson(JSON.stringify({ format: { format_name: 'matroska,webm', ...format }, streams }), context)!
const video = (facts: object) =>
  read([{ codec_type: 'video', codec_name: 'h264', width: 320, height: 180, ...facts }]).streams[0]!

describe('rotation, clockwise', () => {
  it.each([
    [{ side_data_list: [{ side_data_type: 'Display Matrix', rotation: -90 }] }, 90],
    [{ side_data_list: [{ side_data_type: 'Display Matrix', rotation: 90 }] }, 270],
    [{ side_data_list: [{ side_data_type: 'Display Matrix', rotation: -180 }] }, 180],
    [{ side_data_list: [{ side_data_type: 'CPB properties' }, { rotation: -90 }] }, 90],
    [{ tags: { rotate: '90' } }, 90],
    [{ tags: { rotate: '-90' } }, 270],
    [{ tags: { rotate: '90' }, side_data_list: [{ rotation: -90 }] }, 90],
    [{ side_data_list: [{ rotation: -89.6 }] }, 90],
    [{ tags: { rotate: 'left' } }, 0],
    [{}, 0],
  ])('%j', (facts, rotation) => {
    const { displayWidth, displayHeight, ...stream } = video(facts)
    expect(stream.rotation).toBe(rotation)
    expect([displayWidth, displayHeight]).toEqual(rotation % 180 === 0 ? [320, 180] : [180, 320])
  })
})

describe('the size shown', () => {
  it.each([
    ['1:1', 320, 180],
    ['2:1', 640, 180],
    ['4:3', 427, 180],
    ['8:9', 284, 180],
    ['0:1', 320, 180],
    ['N/A', 320, 180],
    ['1000000:1', 320, 180],
    [undefined, 320, 180],
  ])('%s', (sample_aspect_ratio, displayWidth, displayHeight) => {
    expect(video({ sample_aspect_ratio })).toMatchObject({ width: 320, height: 180, displayWidth, displayHeight })
  })
})

describe('frame rates', () => {
  it.each([
    [{ r_frame_rate: '25/1', avg_frame_rate: '25/1' }, 25, true],
    [{ r_frame_rate: '30000/1001', avg_frame_rate: '30000/1001' }, 30_000 / 1001, true],
    [{ r_frame_rate: '30/1', avg_frame_rate: '2997/100' }, 29.97, false],
    [{ r_frame_rate: '90000/1', avg_frame_rate: '0/0' }, 90_000, false],
    [{ r_frame_rate: '0/0', avg_frame_rate: '0/0' }, null, false],
    [{}, null, false],
  ])('%j', (facts, frameRate, constantFrameRate) => {
    expect(video(facts)).toMatchObject({ frameRate, constantFrameRate })
  })

  it('has none for cover art', () => {
    const art = video({
      r_frame_rate: '90000/1',
      avg_frame_rate: '90000/1',
      disposition: { attached_pic: 1 },
      duration: '180',
    })
    expect(art).toMatchObject({ attachedPicture: true, frameRate: null, constantFrameRate: false, durationUs: null })
  })
})

describe('what is not known', () => {
  it('is null, never 0', () => {
    const stream = video({
      duration: 'N/A',
      bit_rate: 'N/A',
      nb_frames: '0',
      width: 0,
      codec_name: 'unknown',
      pix_fmt: 'unknown',
    })
    const {
      index,
      type,
      language,
      isDefault,
      attachedPicture,
      rotation,
      constantFrameRate,
      interlaced,
      encrypted,
      clockJumps,
      ...figures
    } = stream
    expect(new Set(Object.values(figures).filter((value) => value !== 180))).toEqual(new Set([null]))
  })

  it('leaves no duration of nothing', () => {
    expect(read([{ codec_type: 'video', duration: '0.000000' }], { duration: '0.000000' }).durationUs).toBeNull()
  })
})

describe('the duration of the whole', () => {
  const sound = { codec_type: 'audio', duration: '10.0' }
  const long = { codec_type: 'subtitle', duration: '60.0' }
  it.each([
    ['the longest of sound and picture', [sound, { codec_type: 'video', duration: '12.5' }], {}, 12_500_000],
    ['not of a subtitle', [sound, long], { duration: '60.0' }, 10_000_000],
    ["the container's, when no stream tells", [{ codec_type: 'audio' }, long], { duration: '60.0' }, 60_000_000],
    ['by the tag of Matroska', [{ codec_type: 'video', tags: { DURATION: '01:00:05.023000000' } }], {}, 3_605_023_000],
    ['not by a tag that is none', [{ codec_type: 'video', tags: { DURATION: 'long' } }], {}, null],
    ['none of a subtitle alone', [long], { duration: '60.0' }, null],
    [
      'not of cover art',
      [{ codec_type: 'video', duration: '99', disposition: { attached_pic: 1 } }, sound],
      {},
      10_000_000,
    ],
    [
      'none of a picture',
      [{ codec_type: 'video', duration: '0.04' }],
      { format_name: 'png_pipe', duration: '0.04' },
      null,
    ],
  ])('%s', (_, streams, format, durationUs) => expect(read(streams, format).durationUs).toBe(durationUs))
})

describe('streams', () => {
  it('are told apart by type', () => {
    const types = ['video', 'audio', 'subtitle', 'attachment', 'data', 'unheard of', undefined]
    expect(read(types.map((codec_type) => ({ codec_type }))).streams.map(({ type }) => type)).toEqual([
      ...['video', 'audio', 'subtitle', 'attachment', 'data', 'data', 'data'],
    ])
  })

  it.each([
    ['tt', true],
    ['bb', true],
    ['tb', true],
    ['bt', true],
    ['progressive', false],
    ['unknown', false],
    [undefined, false],
  ])('field order %s', (field_order, interlaced) => expect(video({ field_order }).interlaced).toBe(interlaced))

  it.each([
    ['dvvideo', 'unknown', true],
    ['mpeg4', 'unknown', true],
    ['mpeg4', 'progressive', false],
    ['vp9', 'unknown', false],
  ])('%s with field order %s', (codec_name, field_order, interlaced) =>
    expect(video({ codec_name, field_order }).interlaced).toBe(interlaced),
  )

  it('suspects H.264 that allows fields, where ffprobe does not tell', () => {
    const suspected = { ...CONTEXT, mayBeInterlaced: true }
    const orders = [undefined, 'unknown', 'progressive', 'tt'].map((field_order) => ({
      codec_type: 'video',
      field_order,
    }))
    expect(read(orders, {}, suspected).streams.map(({ interlaced }) => interlaced)).toEqual([true, true, false, true])
  })

  it('bounds tags', () => {
    const tags = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`tag${i}`, 'x'.repeat(10_000)]))
    const probe = read([], { tags })
    expect(Object.keys(probe.tags)).toHaveLength(64)
    expect(probe.tags.tag0).toHaveLength(500)
  })
})

it('never throws, whatever ffprobe prints', () => {
  for (const text of ['', 'null', '[]', '{}', '{"format":null}', '{"streams":{}}', '{"format":{"format_name":""}}']) {
    expect(readFfprobeJson(text, CONTEXT)).toBeNull()
  }
  const value = fc.oneof(fc.jsonValue(), fc.constantFrom('N/A', '0/0', '1/0', '-1', 'NaN', 'Infinity', '1e999'))
  const names = [
    'index',
    'codec_type',
    'codec_name',
    'width',
    'duration',
    'tags',
    'disposition',
    'side_data_list',
    'avg_frame_rate',
  ]
  const stream = fc.record(Object.fromEntries([...names, 'sample_aspect_ratio'].map((name) => [name, value])))
  fc.assert(
    fc.property(fc.array(stream), value, value, (streams, duration, tags) => {
      const probe = readFfprobeJson(JSON.stringify({ format: { format_name: 'x', duration, tags }, streams }), CONTEXT)
      for (const each of probe!.streams) {
        for (const figure of Object.values(each))
          if (typeof figure === 'number') expect(Number.isFinite(figure)).toBe(true)
      }
    }),
  )
})
