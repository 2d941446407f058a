import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as quantities from '../../../src/progress/quantities.js'

const { parseBitrate, parseClock, parseCount, parseDecimal, parseMicroseconds, parseSpeed } = quantities

describe('quantities', () => {
  it('reads decimals', () => {
    expect(parseDecimal('28.0')).toBe(28)
    expect(parseDecimal(' 12')).toBe(12)
    expect(parseDecimal('-1.0')).toBe(-1)
    expect(parseDecimal('-0.0')).toBe(0)
    expect(parseDecimal('1.35e+03')).toBe(1_350)
  })

  it.each([
    'N/A',
    '',
    ' ',
    'nan',
    '-nan',
    'inf',
    '-inf',
    '1e999',
    '0x10',
    '1,5',
    '1 2',
    '--1',
    'Infinity',
    '1_000',
    undefined,
  ])('knows no number in %j', (text) => {
    for (const parse of Object.values(quantities)) expect(parse(text)).toBeNull()
  })

  it('reads counts, which are whole and not negative', () => {
    expect(parseCount('750')).toBe(750)
    expect(parseCount('-1')).toBeNull()
    expect(parseCount('1.5')).toBeNull()
    expect(parseCount('99999999999999999999')).toBeNull()
  })

  it('reads kbits/s of 1,000 bits', () => {
    expect(parseBitrate(' 812.3kbits/s')).toBe(812_300)
    expect(parseBitrate('961967.4kbits/s')).toBe(961_967_400)
    expect(parseBitrate('   0.1kbits/s')).toBe(100)
    expect(parseBitrate('1e306kbits/s')).toBeNull()
    expect(parseBitrate('  -0.0kbits/s')).toBe(0)
    expect(parseBitrate('812.3')).toBeNull()
    expect(parseBitrate('812.3kbits')).toBeNull()
    expect(parseBitrate('-12.0kbits/s')).toBeNull()
  })

  it('reads speeds of three digits', () => {
    expect(parseSpeed('   1x')).toBe(1)
    expect(parseSpeed(' 124x')).toBe(124)
    expect(parseSpeed('1.35e+03x')).toBe(1_350)
    expect(parseSpeed('0.0999x')).toBe(0.0999)
    expect(parseSpeed('  -0x')).toBe(0)
    expect(parseSpeed('-1.2x')).toBeNull()
    expect(parseSpeed(' 1')).toBeNull()
    expect(parseSpeed('infx')).toBeNull()
  })

  it('reads microseconds: the sentinel is unknown, a little less than 0 is 0', () => {
    expect(parseMicroseconds('30000181')).toBe(30_000_181)
    expect(parseMicroseconds('-40000')).toBe(0)
    expect(parseMicroseconds('-9223372036854775807')).toBeNull()
    expect(parseMicroseconds('-9223372036854775808')).toBeNull()
    expect(parseMicroseconds('9223372036854775807')).toBeNull()
  })

  it('reads clocks of any number of hours', () => {
    expect(parseClock('00:00:30.000181')).toBe(30_000_181)
    expect(parseClock('123:04:05.6')).toBe(((123 * 60 + 4) * 60 + 5.6) * 1e6)
    expect(parseClock('-00:00:00.040000')).toBe(0)
    expect(parseClock('-577014:32:22.775807')).toBeNull()
    expect(parseClock('-2562047788:00:54.775807')).toBeNull()
    expect(parseClock('00:00:00')).toBe(0)
    expect(parseClock('00:61:00.0')).toBeNull()
    expect(parseClock('1:2')).toBeNull()
  })

  it('gives a finite number or null for any text', () => {
    const numeric = fc.array(fc.constantFrom('-', '+', '.', 'e', ':', '0', '9', ' ', 'x', 'kbits/s', 'inf'), {
      maxLength: 12,
    })
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          numeric.map((parts) => parts.join('')),
        ),
        (text) => {
          for (const parse of Object.values(quantities)) {
            const value = parse(text)
            expect(value === null || (Number.isFinite(value) && !Object.is(value, -0))).toBe(true)
          }
        },
      ),
    )
  })
})
