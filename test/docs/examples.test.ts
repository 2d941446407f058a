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

/** Those of the article; folders beside them are of other pages. */
const programFiles = () =>
  readdirSync(EXAMPLES, { withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [entry.name] : []))
const COMMENTS: Record<string, string> = JSON.parse(readFileSync(join(EXAMPLES, 'comments.ja.json'), 'utf8'))
/** A program as Japanese pages show it: the longest comments first, as some begin like others. */
const inJapanese = (text: string) =>
  Object.keys(COMMENTS)
    .sort((a, b) => b.length - a.length)
    .reduce((translated, english) => translated.replaceAll(english, COMMENTS[english]!), text)

const shown = allPages().flatMap((page) =>
  page.blocks.map((block) => ({ page, block, at: `${page.path}:${block.line}` })),
)

describe('code blocks marked with a file', () => {
  const ofFiles = shown.filter(({ block }) => block.attributes.file !== undefined)

  it.each(ofFiles.map(({ block, at, page }) => [at, block, page.path] as const))(
    '%s is the file, to the letter',
    (_at, block, path) => {
      const text = readFileSync(join(PROJECT, 'docs', block.attributes.file!), 'utf8')
      expect(block.code).toBe(path.endsWith('.ja.md') ? inJapanese(text) : text)
    },
  )

  it('comment in Japanese on Japanese pages', () => {
    const comments = ofFiles
      .filter(({ page }) => page.path.endsWith('.ja.md'))
      .flatMap(({ block }) => block.code.match(/(?:(?<=^|\s)(?:\/\/|#(?!!))\s|""")(?=\w).*$/gm) ?? [])
    expect(comments.length).toBeGreaterThan(20)
    // How a program is called is the same in every language.
    const english = comments.filter(
      (text) => !/[\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Han}]|npx tsx|sh shell|\/\/ empty/u.test(text),
    )
    expect(english).toEqual([])
  })

  it('use every comment that is translated', () => {
    const all = programFiles().map((name) => readFileSync(join(EXAMPLES, name), 'utf8'))
    const programs = all.filter((text) => !text.startsWith('{')).join('')
    expect(Object.keys(COMMENTS).filter((english) => !programs.includes(english))).toEqual([])
  })

  it('show every example, in both languages', () => {
    const files = programFiles()
      .filter((name) => !name.endsWith('.json'))
      .map((name) => `examples/${name}`)
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

  it('have the same code, but for the comments of programs', () => {
    const translated = english.blocks.map(({ code, attributes }) => (attributes.file ? inJapanese(code) : code))
    expect(japanese.blocks.map(({ code }) => code)).toEqual(translated)
  })

  it('link to each other', () => {
    expect(english.links.map(({ target }) => target)).toContain(basename(pair.japanese))
    expect(japanese.links.map(({ target }) => target)).toContain(basename(pair.english))
  })
})
