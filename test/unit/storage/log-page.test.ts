import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { LogBytes } from '../../../src/storage/log-lines.js'
import { type LogPage, type LogQuery, readLogPage } from '../../../src/storage/log-page.js'

const MIB = 1024 * 1024

type Ask = (query: Partial<LogQuery>) => Promise<LogPage>

function inMemory(bytes: Uint8Array): LogBytes {
  return { size: bytes.length, read: async (from, to) => bytes.subarray(from, to) }
}

const asking =
  (log: LogBytes | string, { grows = false } = {}): Ask =>
  (query) =>
    readLogPage(typeof log === 'string' ? inMemory(Buffer.from(log)) : log, { limit: 200, ...query }, grows)

/** A log that says `line` again and again and is nowhere held whole. */
function repeated(line: string, size: number): LogBytes & { asked: number[] } {
  const bytes = Buffer.from(line)
  const asked: number[] = []
  return {
    size,
    asked,
    async read(from, to) {
      asked.push(to - from)
      const skipped = from % bytes.length
      return Buffer.alloc(skipped + to - from, bytes).subarray(skipped)
    },
  }
}

const texts = ({ items }: LogPage) => items.map(({ text }) => text)

async function allBackwards(ask: Ask, query: Partial<LogQuery>, from?: number): Promise<LogPage['items']> {
  const items = []
  for (let before: number | null | undefined = from; before !== null; ) {
    const page = await ask({ ...query, before })
    items.unshift(...page.items)
    before = page.previous
  }
  return items
}

async function allForwards(ask: Ask, query: Partial<LogQuery>, from = 0): Promise<LogPage['items']> {
  const items = []
  for (let after: number | null = from; after !== null; ) {
    const page: LogPage = await ask({ ...query, after })
    items.push(...page.items)
    after = page.next
  }
  return items
}

/** Pieces of a log that a reader could stumble over. */
const aLog = fc
  .array(
    fc.oneof(
      {
        weight: 4,
        arbitrary: fc.string({ unit: 'binary', maxLength: 20 }).map((text) => text.replaceAll(/[\r\n]/g, ' ')),
      },
      { weight: 3, arbitrary: fc.constantFrom('\n', '\r', '\r\n', '\n\n') },
      { weight: 2, arbitrary: fc.constantFrom('[error] ü', '[x @ 0x1] [warning] 日本', '\ufeff🎬', ' ') },
    ),
    { maxLength: 40 },
  )
  .map((pieces) => Buffer.from(pieces.join('')).toString())

describe('pages of a log', () => {
  test('one after the other are all its lines, each once, in both directions and from anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(aLog, fc.integer({ min: 1, max: 5 }), fc.nat(), async (log, limit, place) => {
        const lines = log.split(/[\r\n]/).filter((line) => line !== '')
        const ask = asking(log)
        const backwards = await allBackwards(ask, { limit })
        expect(backwards.map(({ text }) => text)).toEqual(
          lines.map((line) => line.replace(/^(\[x @ 0x1\] )?\[(error|warning)\] /, '$1')),
        )
        expect(await allForwards(ask, { limit })).toEqual(backwards)
        const bytes = Buffer.from(log)
        for (const { at, text } of backwards) expect(bytes.subarray(at).toString()).toContain(text.slice(-1))
        const offset = place % (bytes.length + 2)
        const parts = [await allBackwards(ask, { limit }, offset), await allForwards(ask, { limit }, offset)]
        expect(parts.flat()).toEqual(backwards)
      }),
    )
  })

  test('are found across every border of what is read at once', async () => {
    const line = `${'ü日🎬'.repeat(111)}\r\n`
    const count = 2_000
    const ask = asking(line.repeat(count))
    for (const items of [await allBackwards(ask, { limit: 999 }), await allForwards(ask, { limit: 999 })]) {
      expect(items.map(({ at }) => at)).toEqual(Array.from({ length: count }, (_, i) => i * Buffer.byteLength(line)))
      expect(new Set(items.map(({ text }) => text))).toEqual(new Set([line.trim()]))
    }
  })

  test.each(['', '\n', '\r\n\r\n'])('of %j are one without a line', async (log) => {
    expect(await asking(log)({})).toEqual({ bytes: log.length, items: [], previous: null, next: null })
  })

  test('tell where the others are', async () => {
    const ask = asking('one\ntwo\nthree')
    expect(await ask({ limit: 2 })).toEqual({
      bytes: 13,
      items: [
        { at: 4, level: null, text: 'two' },
        { at: 8, level: null, text: 'three' },
      ],
      previous: 4,
      next: null,
    })
    expect(await ask({ limit: 2, before: 4 })).toMatchObject({ items: [{ text: 'one' }], previous: null, next: 4 })
    expect(await ask({ limit: 1, after: 0 })).toMatchObject({ items: [{ text: 'one' }], previous: null, next: 4 })
    expect(await ask({ after: 99 })).toMatchObject({ items: [], previous: 13, next: null })
    expect(await ask({ before: 0 })).toMatchObject({ items: [], previous: null, next: 0 })
  })

  test('have the lines that fit: text in any case, a level and what is worse', async () => {
    const ask = asking('[info] Über\n[error] über all\n[panic] no\n[h264 @ 0x1] [warning] ÜBER\nbare über\n')
    expect(texts(await ask({ search: 'ÜBER' }))).toEqual(['Über', 'über all', '[h264 @ 0x1] ÜBER', 'bare über'])
    expect(texts(await ask({ level: 'error' }))).toEqual(['über all', 'no'])
    expect(texts(await ask({ level: 'warning', search: 'über' }))).toEqual(['über all', '[h264 @ 0x1] ÜBER'])
    expect(texts(await ask({ level: 'trace' }))).toHaveLength(4)
    expect(texts(await ask({ search: '.*' }))).toEqual([])
  })
})

describe('a log that grows', () => {
  test('is followed by whole lines, none twice', async () => {
    const whole = '[info] ä one\r\n[error] twö\rthree\n\nfour\n'
    const bytes = Buffer.from(whole)
    const seen: string[] = []
    let after = 0
    for (let size = 0; size <= bytes.length; size++) {
      const page = await asking(inMemory(bytes.subarray(0, size)), { grows: true })({ after })
      expect(page.bytes).toBe(size)
      seen.push(...texts(page))
      after = page.next!
    }
    expect(seen).toEqual(['ä one', 'twö', 'three', 'four'])
  })

  test('gives its last line once the attempt has ended', async () => {
    const log = 'one\ntwo'
    expect(await asking(log, { grows: true })({})).toMatchObject({
      items: [{ text: 'one' }],
      previous: null,
      next: 4,
    })
    expect(await asking(log)({ after: 4 })).toMatchObject({ items: [{ text: 'two' }], next: null })
  })

  test('is not waited for where its last line is too long anyway', async () => {
    const ask = asking(repeated('x', 100_000), { grows: true })
    const { items, next } = await ask({})
    expect([items.map(({ text }) => text), next]).toEqual([[`${'x'.repeat(4_096)}…`], 100_000])
    const goesOn = asking(inMemory(Buffer.from(`${'x'.repeat(100_005)}\nnew\n`)), { grows: true })
    expect(texts(await goesOn({ after: next! }))).toEqual(['new'])
  })
})

describe('of a log of 500 MB', () => {
  const size = 500 * MIB
  const line = `[info] ${'x'.repeat(91)}é\n`

  test('the newest lines take one read', async () => {
    const log = repeated(line, size)
    const { items, previous } = await asking(log)({})
    expect(items).toHaveLength(200)
    expect(previous).toBe(items[0]!.at)
    expect(log.asked).toHaveLength(1)
  })

  test.each([{ before: 400 * MIB }, { after: 100 * MIB }])(
    'a search from %j reads so much and no more',
    async (query) => {
      const log = repeated(line, size)
      const page = await asking(log)({ ...query, search: 'nowhere' })
      expect(page.items).toEqual([])
      expect([page.previous, page.next]).toEqual(query.before ? [384 * MIB, 400 * MIB] : [100 * MIB, 116 * MIB])
      expect(Math.max(...log.asked)).toBeLessThan(0.5 * MIB)
      expect(log.asked.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(20 * MIB)
    },
  )

  test('that is one line, the line is given once, in either direction', async () => {
    const ask = asking(repeated('x', size))
    for (const items of [await allBackwards(ask, {}), await allForwards(ask, {})]) {
      expect(items).toEqual([{ at: 0, level: null, text: `${'x'.repeat(4_096)}…` }])
    }
  })
})
