import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Page, readPage } from './markdown.js'

export const PROJECT = resolve(dirname(fileURLToPath(import.meta.url)), '../..')
export const EXAMPLES = join(PROJECT, 'docs/examples')
/** `ffleet`, as it is installed; the test run builds it before the first test. */
export const COMMAND = join(PROJECT, 'dist/src/cli/main.js')

/** A page of the documentation; `path` is relative to the project. */
export type DocPage = Page & { path: string; text: string }

/** Every Markdown file that people read: those of the project's root and all under `docs/`. */
export function allPages(): DocPage[] {
  const root = readdirSync(PROJECT).filter((name) => name.endsWith('.md'))
  const docs = readdirSync(join(PROJECT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name))
  return [...root, ...docs, 'packages/client/README.md'].sort().map(readDocPage)
}

/** @throws Error when there is no such page. */
export function readDocPage(path: string): DocPage {
  const text = readFileSync(join(PROJECT, path), 'utf8')
  return { path, text, ...readPage(text) }
}

/**
 * What is wrong with the relative links of a page, as `page:line target: why`. Links to other hosts are not followed;
 * an anchor is looked up in Markdown pages only.
 */
export function brokenLinks(page: DocPage): string[] {
  return page.links.flatMap(({ target, line }) => {
    const why = faultOf(page, target)
    return why === null ? [] : [`${page.path}:${line} ${target}: ${why}`]
  })
}

function faultOf(page: DocPage, target: string): string | null {
  if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return null
  const [path = '', anchor] = decodeURIComponent(target).split('#', 2)
  if (path === '') return page.anchors.has(anchor ?? '') ? null : 'no such heading'
  if (path.startsWith('/')) return 'starts at a root that a reader does not have'
  const file = resolve(PROJECT, dirname(page.path), path)
  if (relative(PROJECT, file).startsWith('..')) return 'leaves the project'
  if (!existsSync(file)) return 'no such file'
  if (anchor === undefined || !file.endsWith('.md')) return null
  return readPage(readFileSync(file, 'utf8')).anchors.has(anchor) ? null : 'no such heading'
}
