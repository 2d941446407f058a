/** Values of JSON for whoever takes them from strangers. */
import fc from 'fast-check'

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json }

/** Text that has broken programs before. */
const ODD_TEXTS = [
  ...['', ' ', '.', '..', '../x', '/etc/passwd', './in.mp4', 'a//b', '-rf', '%00', '%zz', '\0', '\n', '\r\nx: y', '*'],
  ...['__proto__', 'constructor', 'toString', 'null', 'NaN', '-1', '1e400', '9007199254740993', '0x10', '٣', '\u202e'],
  ...['\ud800', '\ufeff', 'x'.repeat(70), 'x'.repeat(1_100), '😀'.repeat(65), "'; --", '{"a":1}', 'file:///etc/passwd'],
  ...[
    'http://127.0.0.1/',
    'upload:x',
    's3://b/k',
    'concat:a|b',
    '2026-02-30T00:00:00Z',
    '1700000000000-0',
    '99999999999999-9',
  ],
]

export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...ODD_TEXTS),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ maxLength: 12 }),
)

const anyNumber: fc.Arbitrary<number> = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, -1, 1, 0.5, 2 ** 31, 2 ** 53, Number.MAX_VALUE),
)

export const anyJson: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom<Json>(null, true, false),
    anyNumber,
    anyText,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(anyText, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value

/** Bytes as text in Latin-1. */
export const anyBytes = (maxLength: number): fc.Arbitrary<string> =>
  fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes).toString('latin1'))

export const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'))

/** Where and how a text is changed. */
export type Edit = { at: number; remove: number; insert: string }

export const anyEdits = (pieces: readonly string[]): fc.Arbitrary<Edit[]> =>
  fc.array(
    fc.record({
      at: fc.nat(50_000),
      remove: fc.oneof(fc.constant(0), fc.nat(40), fc.nat(2_000)),
      insert: fc.oneof(fc.constantFrom('', ...pieces), anyBytes(20)),
    }),
    { maxLength: 6 },
  )

export function edited(text: string, edits: readonly Edit[]): string {
  return edits.reduce((whole, { at, remove, insert }) => {
    const begin = at % (whole.length + 1)
    return whole.slice(0, begin) + insert + whole.slice(begin + remove)
  }, text)
}

/** The same bytes in pieces that end at these places. */
export function pieces(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end))
}

export const anyPlaces = fc.array(fc.nat(60_000), { maxLength: 12 })
