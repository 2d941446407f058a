import { deepStrictEqual, ok } from 'node:assert'
import fc from 'fast-check'
import { FORMAT_WHITELIST, SNIFF_BYTES, sniff } from '../../../src/probe/formats.js'
import type { Target } from '../target.js'
import { anyBytes, anyEdits, bytesOf, type Edit, edited } from '../values.js'

type Input = { head: string; edits: Edit[] }

const BEGINNINGS = [
  ...['\xff\xd8\xff\xe0', '\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR', 'RIFF\0\0\0\0WEBPVP8 ', 'II*\0', 'MM\0*', 'BM', 'GIF89a'],
  ...[
    '\0\0\0\x18ftypisom',
    '\0\0\0\x18ftypheic',
    '\0\0\0\x18ftypavif',
    '\0\0\0\x08mdat',
    '\x1a\x45\xdf\xa3',
    'OggS',
    'fLaC',
  ],
  ...[
    '#EXTM3U\n',
    '\xef\xbb\xbf#EXTM3U\n',
    'ffconcat version 1.0\n',
    '<?xml?><MPD>',
    '[playlist]',
    'v=0\r\no=-',
    '<svg',
  ],
  ...['%PDF-1.7', 'PK\x03\x04', 'Rar!\x1a\x07', '\x1f\x8b\x08', '<!doctype html', '\x7fELF', 'MZ', '<'.repeat(1_000)],
]

/** The first bytes of files. */
export const sniffing: Target<Input> = {
  name: 'sniffing',
  runs: 500,
  async open() {
    return {
      inputs: fc.record({
        head: fc.tuple(fc.constantFrom('', ...BEGINNINGS), anyBytes(SNIFF_BYTES)).map((parts) => parts.join('')),
        edits: anyEdits(BEGINNINGS),
      }),
      check({ head, edits }) {
        const bytes = bytesOf(edited(head, edits))
        const found = sniff(bytes)
        deepStrictEqual(sniff(bytes.slice()), found)
        // Whatever is forced upon ffmpeg is something that it may open.
        if (found.kind === 'picture') ok(FORMAT_WHITELIST.split(',').includes(found.format))
        if (found.kind === 'playlist' || found.kind === 'document') ok(found.name !== '')
      },
    }
  },
}
