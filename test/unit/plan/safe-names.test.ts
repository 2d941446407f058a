import { expect, test } from 'vitest'
import { safeNames } from '../../../src/plan/safe-names.js'

test.each([
  [['Font.ttf'], ['Font.ttf']],
  [
    ['a/../../b.ttf', 'C:\\\\Windows\\\\b.ttf'],
    ['b.ttf', 'b-2.ttf'],
  ],
  [
    ['..', '.', '', null, '/'],
    ['attachment-1', 'attachment-2', 'attachment-3', 'attachment-4', 'attachment-5'],
  ],
  [
    ['.profile', '-rf', '  x  '],
    ['profile', 'rf', 'x'],
  ],
  [
    ['A.ttf', 'a.TTF', 'a-2.ttf'],
    ['A.ttf', 'a-2.TTF', 'a-2-2.ttf'],
  ],
  [
    ['nul', 'Com1.txt', 'console.ttf'],
    ['_nul', '_Com1.txt', 'console.ttf'],
  ],
  [
    ['a\0b\nc%d*?.ttf', 'Schrift für alle.otf', '字体.ttf'],
    ['a_b_c_d__.ttf', 'Schrift für alle.otf', '字体.ttf'],
  ],
] as const)('%j are called %j', (names, safe) => {
  expect(safeNames(names)).toEqual(safe)
})

test('no name is longer than a filesystem takes, or cut within a letter', () => {
  const [name] = safeNames([`${'字'.repeat(400)}.ttf`])
  expect(name).toBe(`${'字'.repeat(33)}.ttf`)
})
