import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openFont, shippedFont } from '../../../src/fonts/index.js'
import { lettersOf } from '../../../src/fonts/letters.js'

describe('the letters of a font', () => {
  it('are those that fontconfig finds in it', ({ skip }) => {
    let charset: string
    try {
      charset = execFileSync('fc-query', ['--format', '%{charset}', shippedFont().path]).toString()
    } catch {
      return skip()
    }
    const ranges = charset.split(' ').map((range) => range.split('-').map((hex) => Number.parseInt(hex, 16)))
    const there = new Set(
      ranges.flatMap(([first, last = first]) => Array.from({ length: last! - first! + 1 }, (_, i) => first! + i)),
    )
    for (let codePoint = 0x21; codePoint < 0x20000; codePoint++) {
      if (codePoint >= 0xd800 && codePoint < 0xe000) continue
      const letter = String.fromCodePoint(codePoint)
      // Those that nothing is drawn for count as there.
      if (shippedFont().lacks(letter).length > 0) expect(there.has(codePoint), codePoint.toString(16)).toBe(false)
      else if (!there.has(codePoint))
        expect(letter).toMatch(/[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069]/u)
    }
  })

  it('that are missing are told once each', () => {
    expect(shippedFont().lacks('日本 日 a\u200d\nb é Ж ا')).toEqual(['日', '本'])
  })

  it('are not looked for in what is no font', () => {
    expect(() => openFont(import.meta.filename)).toThrow('no TrueType')
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const font = Buffer.concat([Buffer.from([0, 1, 0, 0, 0, 1]), Buffer.from(bytes)])
        try {
          lettersOf(font)(0x41)
        } catch (error) {
          expect(error).toBeInstanceOf(Error)
        }
      }),
    )
  })
})
