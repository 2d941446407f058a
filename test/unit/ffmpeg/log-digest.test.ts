import { expect, it } from 'vitest'
import { parseLogLine } from '../../../src/contract/log-line.js'
import { LogDigest } from '../../../src/ffmpeg/log-digest.js'

function digest(lines: string[], tailLines = 5): LogDigest {
  const made = new LogDigest(tailLines)
  for (const raw of lines) made.push(raw, parseLogLine(raw))
  return made
}

it('keeps the last lines as they were written, oldest first', () => {
  expect(digest(['a', 'b']).tail).toEqual(['a', 'b'])
  expect(digest(['a', 'b', 'c', 'd', 'e', '[info] f', 'g']).tail).toEqual(['c', 'd', 'e', '[info] f', 'g'])
})

it('tells each kind of warning and error once, with its count', () => {
  const made = digest([
    '[null @ 0x1] [warning] non monotonically increasing dts: 5 >= 3',
    '[h264 @ 0x2] [error] Invalid NAL unit size (3023 > 2298).',
    '[null @ 0x9] [warning] non monotonically increasing dts: 7 >= 4',
    '[fatal] Conversion failed!',
    '[panic] gone',
    '[info] nothing of note',
  ])
  expect(made.warnings).toEqual(['[null] non monotonically increasing dts: 5 >= 3 (×2)'])
  expect(made.errors).toEqual(['[h264] Invalid NAL unit size (3023 > 2298).', 'Conversion failed!', 'gone'])
})

it('is bounded however many kinds there are', () => {
  const word = (i: number) => String.fromCharCode(...[...String(i)].map((digit) => 97 + Number(digit)))
  const made = digest(Array.from({ length: 10_000 }, (_, i) => `[warning] ${word(i)}`))
  expect(made.warnings).toHaveLength(101)
  expect(made.warnings.at(-1)).toBe('… and 9900 more')
})

it('leaves an error without words out', () => {
  expect(digest(['[error] ']).errors).toEqual([])
})
