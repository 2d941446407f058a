/** What the pages tell a reader to type is typed. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ALL } from '../helpers/long.js'
import { isRun, runBlocks } from './doc-runner.js'
import { readPage } from './markdown.js'
import { allPages, COMMAND } from './pages.js'
import { programsWith } from './program.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ffleet-page-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** What somebody types first; the guides take as long as all other tests of the docs together. */
const FIRST = ['README.md', 'docs/capture-ffmpeg-report.md', 'docs/reference/http.md']
const pages = allPages().filter(({ blocks }) => blocks.some(isRun))

describe.runIf(pages.length > 0)('the commands of', () => {
  it.each(pages.filter(({ path }) => ALL || FIRST.includes(path)).map((page) => [page.path, page] as const))(
    '%s work',
    async (_path, page) => {
      await runBlocks(page.blocks, { folder, command: COMMAND })
    },
    240_000,
  )
})

describe('what runs them', () => {
  const play = (...lines: string[]) => runBlocks(readPage(lines.join('\n')).blocks, { folder, command: '/none' })

  it('runs marked blocks in one shell, and no others', async () => {
    const outputs = await play(
      '<!-- run -->',
      '```sh',
      'greeting=hello && mkdir sub && cd sub',
      '```',
      '```sh',
      'exit 3',
      '```',
      '<!-- run expect="hello from sub" -->',
      '```sh',
      'echo "$greeting from $(basename "$PWD")"',
      '```',
    )
    expect(outputs.map(({ line, stdout }) => [line, stdout])).toEqual([
      [2, ''],
      [9, 'hello from sub\n'],
    ])
  })

  it('names the block that failed, and the one that did not say what it should', async () => {
    await expect(play('', '<!-- run -->', '```sh', 'echo before >&2; false', 'echo after', '```')).rejects.toThrow(
      /line 3 failed\.\nbefore\n$/,
    )
    await rm(folder, { recursive: true })
    folder = await mkdtemp(join(tmpdir(), 'ffleet-page-'))
    await expect(play('<!-- run expect="yes" -->', '```sh', 'echo no', '```')).rejects.toThrow('did not say "yes"')
  })

  it('leaves a background block running until the end, and no longer', async () => {
    const server = `require('http').createServer((q, s) => s.end(process.title)).listen(process.env.FFLEET_PORT)`
    const outputs = await play(
      '<!-- run background ready="http://127.0.0.1:4280/" -->',
      '```sh',
      `exec ${process.execPath} --title="served in ${folder}" -e "${server}"`,
      '```',
      '<!-- run -->',
      '```sh',
      'curl -fsS http://localhost:4280/',
      'echo " at $FFLEET_URL"',
      '```',
    )
    expect(outputs.at(-1)?.stdout).toMatch(new RegExp(`served in ${folder} at http://127.0.0.1:\\d+\n$`))
    expect(programsWith(`served in ${folder}`)).toEqual([])
  })

  it('prepares what a block asks for by name, or says that it cannot', async () => {
    await expect(play('<!-- run: nothing-like-it -->', '```sh', 'true', '```')).rejects.toThrow(
      'no session nothing-like-it',
    )
  })

  it('fails when a background block ends instead of answering', async () => {
    const text = ['<!-- run background ready="http://127.0.0.1:4280/" -->', '```sh', 'echo sorry >&2; exit 1', '```']
    await expect(play(...text)).rejects.toThrow(/line 2 failed\.\nsorry/)
  })
})
