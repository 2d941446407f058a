/** What `npm run release` makes, without a registry. */
import { execFile } from 'node:child_process'
import { appendFile, mkdir, readdir, readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { aFolder } from '../helpers/folder.js'
import { freePort } from '../helpers/stack.js'

const ROOT = join(import.meta.dirname, '../..')
const run = promisify(execFile)
const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))

type Ended = { code: number; stdout: string; stderr: string }
/** Of what is built already: building it anew would take it from under other tests. */
async function release(folder: string, registry: string): Promise<Ended> {
  const env = {
    ...process.env,
    npm_config_registry: registry,
    npm_config_fetch_retries: '0',
    npm_config_offline: 'true',
  }
  const args = ['--import', 'tsx', 'packages/release.ts', folder, '--no-build']
  return run(process.execPath, args, { cwd: ROOT, env }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  )
}

/** A registry that says of vulnerabilities what it is told, and has nothing else. */
async function aRegistry(advisories: object): Promise<string> {
  const server: Server = createServer((request, response) => {
    const isAsked = request.url?.endsWith('/advisories/bulk') === true
    response.writeHead(isAsked ? 200 : 404, { 'content-type': 'application/json' })
    request.resume().on('end', () => response.end(JSON.stringify(isAsked ? advisories : {})))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

describe('npm run release', () => {
  test('packs both packages, lists all that they bring along, and sums it up', async () => {
    const folder = await aFolder()
    const { code, stdout, stderr } = await release(folder, `http://127.0.0.1:${await freePort()}/`)
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toContain('Vulnerabilities: not looked up')
    const files = [`ffleet-${version}.tgz`, `ffleet-client-${version}.tgz`, `ffleet-${version}.cdx.json`]
    expect((await readdir(folder)).sort()).toEqual([...files, 'SHA256SUMS'].sort())
    const { stdout: listed } = await run('tar', ['tzf', join(folder, files[0]!)])
    expect(listed).toContain('package/dist/src/cli/main.js')

    type Entry = { version: string; integrity: string; dev?: boolean }
    const { packages } = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8'))
    const brought = Object.entries(packages as Record<string, Entry>).filter(([path, { dev }]) => path !== '' && !dev)
    const { dependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
    const names = brought.map(([path]) => path.replace('node_modules/', ''))
    expect(names).toEqual(expect.arrayContaining(Object.keys(dependencies)))
    const bill = JSON.parse(await readFile(join(folder, files[2]!), 'utf8'))
    expect(bill.metadata.component).toMatchObject({ name: 'ffleet', version, purl: `pkg:npm/ffleet@${version}` })
    const hashes = new Map(
      (bill.components as { purl: string; hashes: { content: string }[] }[]).map(({ purl, hashes: [hash] }) => [
        decodeURIComponent(purl),
        hash!.content,
      ]),
    )
    for (const [path, { version: of, integrity }] of brought) {
      const purl = `pkg:npm/${path.replace(/^.*node_modules\//, '')}@${of}`
      const sha512 = Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex')
      expect([purl, hashes.get(purl)]).toEqual([purl, sha512])
    }
    expect(hashes.size).toBe(
      new Set(brought.map(([path, { version: of }]) => `${path.replace(/^.*node_modules\//, '')}@${of}`)).size,
    )

    const check = () => run('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: folder })
    expect((await check()).stdout.match(/: OK$/gm)).toHaveLength(3)
    await appendFile(join(folder, files[1]!), 'x')
    await expect(check()).rejects.toThrow()
  }, 240_000)

  test('stops where something high or critical is known of a package that is brought along', async () => {
    const advisory = {
      id: 1,
      url: 'https://advisories.example/1',
      title: 'bad',
      severity: 'high',
      vulnerable_versions: '*',
      cwe: [],
      cvss: { score: 8, vectorString: null },
    }
    const folder = await aFolder()
    const { code, stderr } = await release(folder, await aRegistry({ fastify: [advisory] }))
    expect([code, stderr]).toEqual([1, expect.stringMatching(/Vulnerable: .*fastify \(high\)/)])
    expect(await readdir(folder)).toEqual([])
  }, 120_000)

  test('writes over nothing', async () => {
    const folder = await aFolder()
    await mkdir(join(folder, 'own'))
    const { code, stderr } = await release(folder, await aRegistry({}))
    expect([code, stderr]).toEqual([1, expect.stringContaining('holds something already')])
  }, 120_000)
})
