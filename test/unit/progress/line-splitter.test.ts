import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LineSplitter } from '../../../src/progress/line-splitter.js'

function split(chunks: (Uint8Array | string)[], maxLineBytes = 1_024): string[] {
  const splitter = new LineSplitter({ maxLineBytes })
  const lines: string[] = []
  for (const chunk of chunks) splitter.push(chunk, (line) => lines.push(line))
  const rest = splitter.end()
  return rest === null ? lines : [...lines, rest]
}

const bytes = (text: string) => new TextEncoder().encode(text)
const everyByte = (text: string) => Array.from(bytes(text), (byte) => Uint8Array.of(byte))

describe('LineSplitter', () => {
  it('ends lines at \\n, \\r\\n and a lone \\r', () => {
    expect(split(['a\nb\r\nc\rd\n\ne'])).toEqual(['a', 'b', 'c', 'd', '', 'e'])
  })

  it('takes \\r and \\n of two chunks for one line end', () => {
    expect(split(['a\r', '\nb'])).toEqual(['a', 'b'])
    expect(split(['a\r', 'b\r', '\r\n', 'c'])).toEqual(['a', 'b', '', 'c'])
  })

  it('gives a line as soon as its \\r is there', () => {
    const lines: string[] = []
    new LineSplitter().push('frame=1\r', (line) => lines.push(line))
    expect(lines).toEqual(['frame=1'])
  })

  it('puts characters together that were cut between chunks', () => {
    const text = 'grün ⇒ 日本 🎬\n𝄞'
    expect(split(everyByte(text))).toEqual(['grün ⇒ 日本 🎬', '𝄞'])
    expect(split([...text].flatMap((character) => character.split('')))).toEqual(['grün ⇒ 日本 🎬', '𝄞'])
  })

  it('cuts no character of a long string', () => {
    const long = 'x'.repeat(16_000)
    const lines = split([`${long}${'🎬'.repeat(500)}\n${long}y${'🎬'.repeat(500)}`], 100_000)
    expect(lines).toEqual([`${long}${'🎬'.repeat(500)}`, `${long}y${'🎬'.repeat(500)}`])
  })

  it('replaces what is no UTF-8 and no UTF-16, and goes on', () => {
    expect(split([Uint8Array.of(0xff, 0x61, 0x0a), 'b'])).toEqual(['\ufffda', 'b'])
    expect(split(['a\ud83c', bytes('b\n')])).toEqual(['a\ufffdb'])
    expect(split(['a\ud83c'])).toEqual(['a\ufffd'])
  })

  it('leaves out a byte order mark', () => {
    expect(split([Uint8Array.of(0xef, 0xbb), Uint8Array.of(0xbf, 0x61)])).toEqual(['a'])
  })

  it('keeps the beginning of a line that is too long', () => {
    expect(split(['abcdef\nghi'], 4)).toEqual(['abcd', 'ghi'])
    expect(split(everyByte('abcdef\nghi'), 4)).toEqual(['abcd', 'ghi'])
  })

  it('is as new after the end', () => {
    const splitter = new LineSplitter()
    splitter.push('a\r', () => {})
    expect(splitter.end()).toBeNull()
    const lines: string[] = []
    splitter.push('\nb\n', (line) => lines.push(line))
    expect(lines).toEqual(['', 'b'])
  })

  it('gives the same lines however text and bytes are cut', () => {
    const text = fc
      .array(fc.constantFrom('a', '\n', '\r', '\r\n', 'é', '🎬', '='), { maxLength: 40 })
      .map((p) => p.join(''))
    fc.assert(
      fc.property(text, fc.array(fc.nat(60), { maxLength: 6 }), (whole, cuts) => {
        const expected = split([whole])
        expect(split(cut(whole, cuts))).toEqual(expected)
        expect(split(cut(bytes(whole), cuts))).toEqual(expected)
      }),
    )
  })
})

function cut<T extends string | Uint8Array>(whole: T, cuts: number[]): T[] {
  const places = [0, ...cuts.filter((place) => place <= whole.length).sort((a, b) => a - b), whole.length]
  return places.slice(1).map((end, index) => whole.slice(places[index], end) as T)
}
