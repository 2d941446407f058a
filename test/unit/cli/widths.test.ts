/** What commands print fits terminals of any width, and no word or id is broken in it. */
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import { commandNames } from '../../../src/cli/commands.js'
import { commandHelp } from '../../../src/cli/render/help.js'
import { plainStyle } from '../../../src/cli/render/style.js'
import { facts, table } from '../../../src/cli/render/table.js'
import { displayWidth } from '../../../src/cli/render/text.js'
import { cli } from '../../helpers/cli.js'
import { job, startHttpServer } from '../../helpers/event-server.js'

const style = plainStyle()
const WIDTHS = [40, 60, 80, 100, 200]
const linesOf = (text: string) => stripVTControlCharacters(text).split(/\r?\n/)
const words = (text: string) => stripVTControlCharacters(text).split(/\s+/).filter(Boolean).toSorted()
/** Lines that are too long, but for those of one word, which is left whole. */
const tooLong = (text: string, columns: number) =>
  linesOf(text).filter((line) => displayWidth(line) > columns && line.trim().includes(' '))

describe('help', () => {
  test.each(WIDTHS)('in %i columns of a terminal', async (columns) => {
    const pages = [['--help'], ['run', '--help'], ['cancel', '--help']]
    const wide = await Promise.all(pages.map((args) => cli(args)))
    const narrow = await Promise.all(pages.map((args) => cli(args, { terminal: true, columns })))
    for (const [i, { stdout }] of narrow.entries()) {
      expect(tooLong(stdout, columns)).toEqual([])
      expect(words(stdout)).toEqual(words(wide[i]!.stdout))
    }
  })

  test('of every command', async () => {
    const { findCommand } = await import('../../../src/cli/commands.js')
    for (const name of commandNames()) {
      const { meta, args } = await findCommand(name)!.load()
      for (const columns of WIDTHS) {
        expect(tooLong(commandHelp((meta ?? {}) as never, (args ?? {}) as never, style, columns), columns)).toEqual([])
      }
    }
  })
})

describe('tables', () => {
  const ids = ['01M8ESJDT5410QW6HBE6X07CYX', '01M8ESJEEJ6JQCGH7M3XPY5D50']
  const rows = ids.map((id) => [id, 'completed', '100 %', '4.3 s', 'a long name of a film with words.mov → h264-720p'])
  const head = ['JOB', 'STATE', 'PROGRESS', 'AGE', 'WHAT']

  test.each(WIDTHS)('in %i columns', (columns) => {
    const text = table(head, rows, style, { columns })
    expect(tooLong(text, columns)).toEqual([])
    for (const id of ids) expect(text).toContain(id)
    for (const word of rows[0]!.join(' ').split(' ')) expect(words(text)).toContain(word)
  })

  test('become blocks where there is no room for columns', () => {
    expect(table(head, rows.slice(0, 1), style, { columns: 40 })).toMatchInlineSnapshot(`
      "job       01M8ESJDT5410QW6HBE6X07CYX
      state     completed
      progress  100 %
      age       4.3 s
      what      a long name of a film with
                words.mov → h264-720p"
    `)
    expect(table(head, rows, style, { columns: 80 })).toMatchInlineSnapshot(`
      "JOB                         STATE      PROGRESS  AGE    WHAT
      01M8ESJDT5410QW6HBE6X07CYX  completed  100 %     4.3 s  a long name of a film
                                                              with words.mov →
                                                              h264-720p
      01M8ESJEEJ6JQCGH7M3XPY5D50  completed  100 %     4.3 s  a long name of a film
                                                              with words.mov →
                                                              h264-720p"
    `)
  })

  test('facts go on below at their words, and never break an address', () => {
    const address = 'http://host.example:4280/v1/jobs/01M8ESJDT5410QW6HBE6X07CYX/outputs/h264-720p'
    expect(
      facts(
        [
          ['media', '/srv/media (inputs are paths in it)'],
          ['url', address],
        ],
        style,
        30,
      ).split('\n'),
    ).toEqual(['media  /srv/media (inputs are', '       paths in it)', `url    ${address}`])
  })

  test.each([40, 100])('ls on a terminal of %i columns', async (columns) => {
    const items = ids.map((id) => job({ id, state: 'queued', queuePosition: 1_234 }))
    const server = await startHttpServer((_, response) => {
      response.end(JSON.stringify({ items, nextCursor: null }))
    })
    const { stdout } = await cli(['ls', '--server', server.url], { terminal: true, columns })
    await server.close()
    expect(tooLong(stdout, columns)).toEqual([])
    for (const id of ids) expect(stdout).toContain(id)
    expect(words(stdout).filter((word) => word === 'h264-720p')).toHaveLength(2)
  })
})
