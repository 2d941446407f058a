import { describe, expect, it } from 'vitest'
import { readPage, slugOf } from './markdown.js'
import { allPages, brokenLinks, type DocPage } from './pages.js'

describe('relative links and anchors', () => {
  it.each(allPages().map((page) => [page.path, page] as const))('of %s lead somewhere', (_path, page) => {
    expect(brokenLinks(page)).toEqual([])
  })
})

describe('what finds a broken link', () => {
  const pageOf = (text: string): DocPage => ({ path: 'docs/here.md', text, ...readPage(text) })

  it('finds missing files and headings, links that leave the project, and no others', () => {
    const page = pageOf(
      [
        '# A `b_c`, and D',
        '[x](#a-b_c-and-d) [y](#nothing) [z](gone.md) ![p](../package.json) [q](/etc) [r](../../up) [s](https://example.com/a)',
        '`[not](a-link.md)` <a href="gone.html">t</a>',
        '```md',
        '[nor](this.md)',
        '```',
      ].join('\n'),
    )
    expect(brokenLinks(page)).toEqual([
      'docs/here.md:2 #nothing: no such heading',
      'docs/here.md:2 gone.md: no such file',
      'docs/here.md:2 /etc: starts at a root that a reader does not have',
      'docs/here.md:2 ../../up: leaves the project',
      'docs/here.md:3 gone.html: no such file',
    ])
  })

  it('names anchors as GitHub does', () => {
    expect(slugOf('`end` is not success: 3 facts')).toBe('end-is-not-success-3-facts')
    expect(slugOf('[ffmpeg](x.md) が止まる、なぜ？')).toBe('ffmpeg-が止まるなぜ')
    expect([...readPage('# Twice\n## Twice\n').anchors]).toEqual(['twice', 'twice-1'])
  })
})
