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

test.each([
  ['`outputs[1].audio.loudness.targetLufs` must be a number', '--loudness (output 2) must be a number'],
  ['`outputs[0].audio.channelMap[1]` must be a whole number', '--channel-map must be a whole number'],
  ['`outputs[0].preset` is unknown', '--preset is unknown'],
])('what lies in a field, %j, is named by its option', (text, said) => expect(inOptions(text)).toBe(said))
