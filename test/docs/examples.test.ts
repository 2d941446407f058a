import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { allPages, EXAMPLES, PROJECT, readDocPage } from './pages.js'

/** Pages in both languages. */
const PAIRS = ['docs/capture-ffmpeg-report', 'docs/guides/calling-styles'].map((page) => ({
  english: `${page}.md`,
  japanese: `${page}.ja.md`,
}))
const REPORTS = join(PROJECT, 'fixtures/reports')

const shown = allPages().flatMap((page) =>
  page.blocks.map((block) => ({ page, block, at: `${page.path}:${block.line}` })),
)

describe('code blocks marked with a file', () => {
  const ofFiles = shown.filter(({ block }) => block.attributes.file !== undefined)

  it.each(ofFiles.map(({ block, at }) => [at, block] as const))('%s is the file, to the letter', (_at, block) => {
    expect(block.code).toBe(readFileSync(join(PROJECT, 'docs', block.attributes.file!), 'utf8'))
  })

  it('show every example, in both languages', () => {
    const files = readdirSync(EXAMPLES).map((name) => `examples/${name}`)
    for (const language of ['english', 'japanese'] as const) {
      const pages = PAIRS.map((pair) => pair[language])
      const inPages = ofFiles.filter(({ page }) => pages.includes(page.path)).map(({ block }) => block.attributes.file)
      expect(inPages.sort(), language).toEqual(files.sort())
    }
  })
})

describe('excerpts marked as recorded', () => {
  const excerpts = shown.filter(({ block }) => block.attributes.recorded !== undefined)

  it('are there', () => expect(excerpts.length).toBeGreaterThan(10))

  it.each(excerpts.map(({ block, at }) => [at, block] as const))('%s stands in the recording', (_at, block) => {
    const recording = join(REPORTS, block.attributes.recorded!)
    expect(existsSync(recording), recording).toBe(true)
    const recorded = readFileSync(recording, 'latin1')
    let from = 0
    // A line of three dots leaves something out; what stands between two of them is there as it is, and in that order.
    for (const piece of block.code.split(/^…\n/m).filter((text) => text !== '')) {
      const at = recorded.indexOf(piece.trimEnd(), from)
      expect(at, `not in ${block.attributes.recorded} after ${from}: ${piece}`).toBeGreaterThanOrEqual(0)
      from = at + piece.trimEnd().length
    }
  })
})

describe.each(PAIRS)('the two languages of $english', (pair) => {
  const english = readDocPage(pair.english)
  const japanese = readDocPage(pair.japanese)

  it('have the same structure', () => {
    const levels = ({ headings }: typeof english) => headings.map(({ level }) => level)
    expect(levels(japanese)).toEqual(levels(english))
  })

  it('have the same code, but for its comments in shell snippets', () => {
    const code = ({ blocks }: typeof english) => blocks.map(({ code }) => code)
    expect(code(japanese)).toEqual(code(english))
  })

  it('link to each other', () => {
    expect(english.links.map(({ target }) => target)).toContain(basename(pair.japanese))
    expect(japanese.links.map(({ target }) => target)).toContain(basename(pair.english))
  })
})
