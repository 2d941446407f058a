import { readFileSync } from 'node:fs'
import { symlink } from 'node:fs/promises'
import { delimiter, join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openerOf } from '../../../src/cli/browser.js'
import { findExecutable } from '../../../src/programs.js'
import { cli } from '../../helpers/cli.js'
import { job, startHttpServer } from '../../helpers/event-server.js'
import { aFolder } from '../../helpers/folder.js'
import { waitFor } from '../../helpers/wait-for.js'

const BROWSER = resolve(import.meta.dirname, '../../../fixtures/programs/browser.sh')
const ID = '01M82CWC75EH2YYWGVK577ZGCG'
const FFLEET_URL = 'http://127.0.0.1:4280'

/** Settings with which whatever is opened is written down, and what was so far. */
async function aBrowser() {
  const folder = await aFolder()
  for (const name of ['xdg-open', 'open']) await symlink(BROWSER, join(folder, name))
  const file = join(folder, 'shown')
  const PATH = [folder, process.env.PATH].join(delimiter)
  return {
    env: { PATH, FFLEET_STAND_IN_SHOWN: file, FFLEET_URL, CI: undefined },
    shown: () => readFileSync(file, 'utf8'),
  }
}

describe('open', () => {
  test('prints the address, and opens it for a person at a terminal who does not say otherwise', async () => {
    const { env, shown } = await aBrowser()
    const open = async (args: string[], more: Parameters<typeof cli>[1]) => {
      const { code, stdout } = await cli(['open', ...args], { ...more, env: { ...env, ...more?.env } })
      return [code, stdout.trim()]
    }
    expect(await open([], {})).toEqual([0, `${FFLEET_URL}/`])
    expect(await open(['--print'], { terminal: true })).toEqual([0, `${FFLEET_URL}/`])
    expect(await open([], { terminal: true, env: { CI: 'true' } })).toEqual([0, `${FFLEET_URL}/`])
    expect(await open(['--server', 'example:1'], { terminal: true })).toEqual([0, 'http://example:1/'])
    await waitFor(() => expect(shown()).toBe('http://example:1/\n'))
  })

  test('finds the page of a job by a part of its id', async () => {
    const { env, shown } = await aBrowser()
    const server = await startHttpServer(({ url }, response) => {
      const found = job({ id: ID })
      response.end(JSON.stringify(url?.startsWith('/v1/jobs?') ? { items: [found], nextCursor: null } : found))
    })
    const { code, stdout } = await cli(['open', ID.slice(-6)], {
      env: { ...env, FFLEET_URL: server.url },
      terminal: true,
    })
    await server.close()
    expect([code, stdout.trim()]).toEqual([0, `${server.url}/jobs/${ID}`])
    await waitFor(() => expect(shown()).toBe(`${server.url}/jobs/${ID}\n`))
  })

  test('says that there is no such job', async () => {
    const server = await startHttpServer((_, response) => void response.writeHead(404).end('{"code":"NOT_FOUND"}'))
    const { code, stdout, stderr } = await cli(['open', ID], { env: { FFLEET_URL: server.url } })
    await server.close()
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain('NOT_FOUND')
  })

  test('is content where there is no browser', async () => {
    const PATH = await aFolder()
    for (const name of ['script', 'sh', 'stty']) await symlink(findExecutable(name)!, join(PATH, name))
    const { code, stdout } = await cli(['open'], { env: { PATH, FFLEET_URL, CI: undefined }, terminal: true })
    expect([code, stdout.trim()]).toEqual([0, `${FFLEET_URL}/`])
  })

  test.each([
    ['linux', ['xdg-open', 'http://h/?a&b']],
    ['darwin', ['open', 'http://h/?a&b']],
    ['win32', ['cmd', '/c', 'start', '""', '"http://h/?a&b"']],
  ] as const)('on %s', (platform, command) => {
    expect(openerOf('http://h/?a&b', platform)).toEqual(command)
  })
})
