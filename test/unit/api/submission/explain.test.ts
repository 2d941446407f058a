import fc from 'fast-check'
import { Compile } from 'typebox/compile'
import { describe, expect, it } from 'vitest'
import { explain } from '../../../../src/api/submission/explain.js'
import { JobRequest } from '../../../../src/contract/index.js'
import { Closed, Type } from '../../../../src/contract/schema.js'

const valid = { input: 'in.mp4', outputs: [{ preset: 'h264-360p' }] }
const faults = (request: unknown) => Object.fromEntries(explain(JobRequest, request).map((e) => [e.pointer, e.detail]))

describe('what is wrong with a job request', () => {
  it.each([
    [{ ...valid, priority: 101 }, '/priority', '`priority` must be a whole number from 0 to 100; it is 101.'],
    [{ ...valid, priority: 1.5 }, '/priority', '`priority` must be a whole number from 0 to 100; it is 1.5.'],
    [{ ...valid, priority: '1' }, '/priority', '`priority` must be a whole number from 0 to 100; it is the text "1".'],
    [{ ...valid, input: 7 }, '/input', '`input` must be text of 1 to 4096 characters or an object; it is 7.'],
    [{ ...valid, input: '' }, '/input', '`input` must be text of 1 to 4096 characters; it is empty.'],
    [{ ...valid, outputs: [] }, '/outputs', '`outputs` must be an array of 1 to 16 items; it has 0.'],
    [{ ...valid, outputs: {} }, '/outputs', '`outputs` must be an array of 1 to 16 items; it is an object.'],
    [{ ...valid, tags: { a: null } }, '/tags/a', '`tags.a` must be text of at most 256 characters; it is null.'],
    [{ ...valid, maxAttempt: 1 }, '/maxAttempt', '`maxAttempt` is not a field here; `maxAttempts` is.'],
    [{ ...valid, timeoutMs: 0 }, '/timeoutMs', '`timeoutMs` must be a whole number from 1 to 2592000000; it is 0.'],
    ...(
      [
        [{ rotate: 45 }, 'rotate', 'must be one of 90, 180, 270; it is 45.'],
        [{ frameRate: 1000 }, 'frameRate', 'must be a number from 0.01 to 240; it is 1000.'],
        [{ fit: 'cover' }, 'fit', 'must be one of inside, pad, fill, stretch; it is the text "cover".'],
        [{ crop: 'all' }, 'crop', 'must be an object or auto; it is the text "all".'],
      ] as const
    ).map(([video, field, says]): [object, string, string] => [
      { ...valid, outputs: [{ preset: 'h264-360p', video }] },
      `/outputs/0/video/${field}`,
      `\`outputs[0].video.${field}\` ${says}`,
    ]),
  ])('%j', (request, pointer, detail) => {
    expect(faults(request)).toEqual({ [pointer]: detail })
  })

  it('points into the form of the input that was meant', () => {
    expect(faults({ ...valid, input: { uri: 'a', startMs: -1, xyz: 1 } })).toEqual({
      '/input/startMs': '`input.startMs` must be a whole number from 0 to 2592000000; it is -1.',
      '/input/xyz':
        '`input.xyz` is not a field here; leave it out. Known are uri, startMs, endMs, expectedDurationMs, speed, fadeInMs, fadeOutMs, crossfadeMs, loop, durationMs, soundtrack, subtitles.',
    })
    expect(faults({ ...valid, input: {} })).toEqual({
      '/input/uri': '`input.uri` is missing; give text of 1 to 4096 characters.',
    })
  })

  it('points at the side of a crop that is too small', () => {
    const video = { crop: { x: 0, y: -1, width: 1, height: 100 } }
    expect(Object.keys(faults({ ...valid, outputs: [{ preset: 'h264-360p', video }] }))).toEqual([
      '/outputs/0/video/crop/y',
      '/outputs/0/video/crop/width',
    ])
  })

  it('tells every fault at once, in words for a name that does not fit', () => {
    const request = { input: '', outputs: [{ preset: '', name: 'a b', video: { crf: 99 } }, 3], webhook: 1 }
    expect(faults(request)).toEqual({
      '/input': expect.stringContaining('it is empty'),
      '/outputs/0/preset': '`outputs[0].preset` must be text of 1 to 64 characters; it is empty.',
      '/outputs/0/name':
        '`outputs[0].name` must be 1 to 64 letters, digits, `_` or `-`, the first one a letter or digit; it is the text "a b".',
      '/outputs/0/video/crf': '`outputs[0].video.crf` must be a number from 0 to 63; it is 99.',
      '/outputs/1': '`outputs[1]` must be an object; it is 3.',
      '/webhook': '`webhook` must be an object; it is 1.',
    })
  })

  it('says what the body must be when it is no object at all', () => {
    expect(faults(undefined)).toEqual({ '': 'The body must be an object; it is missing.' })
    expect(faults([valid])).toEqual({ '': 'The body must be an object; it is an array.' })
  })

  it('escapes names in pointers, and shortens what is echoed', () => {
    const [error] = explain(JobRequest, { ...valid, 'a/b~c': 1 })
    expect(error!.pointer).toBe('/a~1b~0c')
    const [long] = explain(JobRequest, { ...valid, [`${'x'.repeat(5_000)}`]: 1 })
    expect(long!.detail.length).toBeLessThan(400)
    expect(faults({ ...valid, input: 'x'.repeat(5_000) })['/input']).toMatch(/text of 5000 characters/)
  })

  it('stops counting somewhere', () => {
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`field${i}`, i]))
    expect(explain(JobRequest, { ...valid, ...many })).toHaveLength(20)
  })
})

describe('what is wrong with a query', () => {
  it('names fields as they are, and points below the base', () => {
    const query = Closed(
      { limit: Type.Optional(Type.Integer({ minimum: 1 })) },
      { patternProperties: { '^tag\\..': { type: 'string' } } },
    )
    expect(explain(query, { limit: ['1', '2'], x: '', 'tag.a': 'b' }, '/query')).toEqual([
      { pointer: '/query/limit', detail: '`limit` must be a whole number of at least 1; it is an array.' },
      { pointer: '/query/x', detail: '`x` is not a field here; leave it out. Known are limit, tag.<name>.' },
    ])
  })
})

/** Requests that are right, nearly right, or anything. */
const leaf = fc.oneof(
  fc.constantFrom<unknown>('', 'in.mp4', 0, 1, 101, -1, 1.5, null, true, 'a b', 'é'.repeat(64), '😀'.repeat(65)),
  fc.integer(),
  fc.string({ maxLength: 300, unit: 'grapheme' }),
)
const record = (names: string[], value: fc.Arbitrary<unknown>) =>
  fc.uniqueArray(fc.tuple(fc.constantFrom(...names), value), { selector: ([name]) => name }).map(Object.fromEntries)
const output = record(
  ['preset', 'path', 'name', 'video', 'audio', 'bogus'],
  fc.oneof({ weight: 4, arbitrary: leaf }, record(['crf', 'bitrate', 'width', 'channels', 'x'], leaf)),
)
const request = record(
  ['input', 'outputs', 'priority', 'maxAttempts', 'timeoutMs', 'delayMs', 'tags', 'webhook', 'bogus'],
  fc.oneof(
    leaf,
    record(['uri', 'startMs', 'endMs', 'expectedDurationMs', 'url', 'events'], leaf),
    fc.array(output, { maxLength: 18 }),
    fc.array(leaf, { maxLength: 3 }),
    fc.dictionary(fc.string({ minLength: 1 }), leaf, { maxKeys: 20 }),
  ),
)

describe('the explanation and the compiled check', () => {
  it('agree on what is right', () => {
    const check = Compile(JobRequest)
    let right = 0
    fc.assert(
      fc.property(
        fc.oneof(
          request,
          request.map((each) => ({ ...valid, ...each })),
          leaf,
        ),
        (value) => {
          // JSON, as it comes over the wire.
          const body: unknown = JSON.parse(JSON.stringify(value) ?? 'null')
          if (check.Check(body)) right++
          expect(explain(JobRequest, body).length === 0).toBe(check.Check(body))
        },
      ),
      { numRuns: 1_000, examples: [[valid]] },
    )
    expect(right).toBeGreaterThan(10)
  })
})
