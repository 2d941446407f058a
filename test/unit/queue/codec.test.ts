import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PHASES, PROGRESS_BASES, type ProgressSnapshot } from '../../../src/contract/index.js'
import {
  compareIds,
  decodeEntry,
  decodeMessage,
  decodeSnapshot,
  encodeProgress,
  isEventId,
  SEPARATOR,
} from '../../../src/queue/codec.js'

const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null })
const count = orNull(fc.nat({ max: Number.MAX_SAFE_INTEGER }))
const inOnePiece: fc.Arbitrary<ProgressSnapshot> = fc.record({
  seq: fc.integer({ min: 1, max: 1e9 }),
  at: fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }).map((date) => date.toISOString()),
  attempt: fc.integer({ min: 1, max: 100 }),
  phase: fc.constantFrom(...PHASES),
  percent: orNull(fc.integer({ min: 0, max: 1000 }).map((tenths) => tenths / 10)),
  basis: fc.constantFrom(...PROGRESS_BASES),
  etaMs: count,
  pass: fc.record({
    index: fc.integer({ min: 1, max: 9 }),
    count: fc.integer({ min: 1, max: 9 }),
    label: fc.stringMatching(/^[a-z/ -]{0,20}$/),
  }),
  outTimeUs: count,
  frame: count,
  fps: orNull(fc.nat({ max: 1e6 }).map((hundredths) => hundredths / 100)),
  speed: orNull(fc.nat({ max: 1e6 }).map((thousandths) => thousandths / 1000)),
  bitrate: count,
  bytesWritten: count,
  dupFrames: count,
  dropFrames: count,
  quality: fc.dictionary(
    fc.stringMatching(/^\d:\d$/),
    fc.integer({ min: -10, max: 690 }).map((tenths) => tenths / 10),
    {
      noNullPrototype: true,
    },
  ),
  fetchedBytes: count,
  fetchTotalBytes: count,
  stalledForMs: fc.nat(),
})
const signs = fc.stringMatching(/^[.>#]{1,9}$/)
const inParts = fc.tuple(inOnePiece, signs).map(([snapshot, parts]) => ({ ...snapshot, parts }))
const snapshots = fc.oneof(inOnePiece, inParts)

/** What XRANGE gives for a snapshot that the script stored. */
const entryOf = ({ seq, ...rest }: ProgressSnapshot, jobId = '') => [
  'e',
  'p',
  'i',
  jobId,
  'n',
  String(seq),
  ...encodeProgress(rest),
]

describe('progress in Redis', () => {
  test('comes back as it was, from the stream, the channel and the record', () => {
    fc.assert(
      fc.property(snapshots, (snapshot) => {
        const flat = entryOf(snapshot)
        const values = flat.filter((_, i) => i % 2 === 1)
        const stored = decodeEntry('J', '1-0', flat)
        expect(stored.event).toEqual({ id: '1-0', type: 'progress', jobId: 'J', at: snapshot.at, progress: snapshot })
        const live = decodeMessage('J', ['1-0', ...values].join(SEPARATOR))
        expect([live.id, live.type, live.jobId, live.json]).toEqual(['1-0', 'progress', 'J', stored.json])
        expect(decodeSnapshot(values.slice(2).join(SEPARATOR))).toEqual(snapshot)
        expect(JSON.parse(stored.json)).toEqual(stored.event)
      }),
    )
  })

  test('in the fleet stream names its job', () => {
    const [snapshot] = fc.sample(snapshots, 1)
    expect(decodeEntry(null, '7-1', entryOf(snapshot!, 'J9')).event).toMatchObject({ jobId: 'J9', type: 'progress' })
  })
})

describe('other events in Redis', () => {
  test('are spliced together from their JSON body', () => {
    const entry = decodeEntry('J', '5-2', ['e', 'log', 'i', '', 't', '1000', 'd', '{"attempt":1,"text":"a\\u001fb"}'])
    expect(entry.event).toEqual({
      id: '5-2',
      type: 'log',
      jobId: 'J',
      at: '1970-01-01T00:00:01.000Z',
      attempt: 1,
      text: 'a\x1fb',
    })
    expect(JSON.parse(entry.json)).toEqual(entry.event)
  })

  test('may have an empty body and no job', () => {
    expect(decodeMessage(null, ['5-2', 'worker.joined', '', '1000', '{}'].join(SEPARATOR)).event).toEqual({
      id: '5-2',
      type: 'worker.joined',
      at: '1970-01-01T00:00:01.000Z',
    })
  })
})

test('ids are ordered by time, then by number', () => {
  const ids = ['10-0', '9-11', '9-2', '100-0']
  expect(ids.sort(compareIds)).toEqual(['9-2', '9-11', '10-0', '100-0'])
})

test.each([
  ['1-0', true],
  ['1700000000000-12', true],
  ['5', true],
  ['', false],
  ['-', false],
  ['+', false],
  ['(1-0', false],
  ['1-0 ', false],
  ['abc', false],
])('isEventId(%j) is %s', (text, expected) => {
  expect(isEventId(text)).toBe(expected)
})
