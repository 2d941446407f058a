import { expect, test } from 'vitest'
import { inOptions } from '../../../src/cli/render/option-words.js'

test.each([
  [
    'startMs 60000 is past the end of the input, which lasts 5500 ms.',
    '--start 60 is past the end of the input, which lasts 5.5 s.',
  ],
  ['Cut it with startMs and endMs.', 'Cut it with --start and --end.'],
  ['endMs 1000 is not after startMs 2500.', '--end 1 is not after --start 2.5.'],
  ['\u001b[2J', '\ufffd[2J'],
])('%j reads %j', (text, said) => expect(inOptions(text)).toBe(said))
