/** What the deployment guide and the compose file configure is what ffleet takes. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeClip } from '../../fixtures/media/recipes.js'
import { FfleetClient } from '../../src/client/index.js'
import { type Config, loadConfig } from '../../src/config/index.js'
import { SETTINGS } from '../../src/config/settings.js'
import { freePort } from '../helpers/stack.js'
import { PROJECT, readDocPage } from './pages.js'
import { isInstalled, run } from './program.js'
import { type Stack, upStack } from './stack.js'

const { blocks } = readDocPage('docs/guides/deploy.md')
const blockOf = (language: string) => blocks.find((block) => block.language === language)!.code

const [hasSystemd, hasNginx] = await Promise.all(['systemd-analyze', 'nginx'].map(isInstalled))

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ffleet-deploy-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const MINUTE_MS = 60_000
const settings = Object.values(SETTINGS).map(({ key }): string => key)

/** Fails for a variable that ffleet does not know, or whose value it does not take. */
function read(env: Record<string, string>): Config {
  const config = loadConfig(env)
  expect(config.warnings).toEqual([])
  return config
}

describe('the systemd unit', () => {
  const unit = blockOf('ini')
  const env = Object.fromEntries([...unit.matchAll(/^Environment=(\w+)=(.*)$/gm)].map(([, key, value]) => [key, value]))

  it('sets what ffleet takes, and waits longer than a drain lasts', () => {
    const { drainTimeoutMs } = read(env)
    const minutes = Number(/^TimeoutStopSec=(\d+)min$/m.exec(unit)?.[1])
    expect(minutes * MINUTE_MS).toBeGreaterThan(drainTimeoutMs)
  })

  it.runIf(hasSystemd)('is one that systemd takes', async () => {
    const file = join(folder, 'ffleet.service')
    await writeFile(file, unit.replace(/^ExecStart=\S+/m, 'ExecStart=/bin/true').replace('User=ffleet', 'User=root'))
    expect(await run(['systemd-analyze', 'verify', file], { cwd: folder })).toMatchObject({ code: 0, stderr: '' })
  })
})

describe('docker-compose.yml', () => {
  const compose = readFileSync(join(PROJECT, 'docker-compose.yml'), 'utf8')

  it('sets what ffleet takes', () => {
    const set = [...compose.matchAll(/^ +(FFLEET_\w+): (.*)$/gm)].map(([, key, value]) => {
      return [key!, value!.replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1').replace(/^'(.*)'$/, '$1')] as const
    })
    expect(set.length).toBeGreaterThan(0)
    for (const [key, value] of set) read({ [key]: value })
  })

  it('gives workers longer to stop than a drain lasts', () => {
    const worker = compose.slice(compose.search(/^ {2}worker:/m))
    const drainMs = Number(/FFLEET_DRAIN_TIMEOUT_MS: (\d+)/.exec(worker)?.[1] ?? SETTINGS.drainTimeoutMs.default)
    const minutes = Number(/stop_grace_period: (\d+)m/.exec(worker)?.[1])
    expect(minutes * MINUTE_MS).toBeGreaterThan(drainMs)
  })

  it('sets folders in the image that ffleet takes', () => {
    const image = readFileSync(join(PROJECT, 'Dockerfile'), 'utf8')
    const set = [...image.matchAll(/(FFLEET_\w+)=(\S+)/g)].map(([, key, value]) => [key!, value!])
    expect(set.map(([key]) => key!).filter((key) => !settings.includes(key))).toEqual([])
    for (const [, path] of set) expect(compose).toContain(`:${path}`)
  })
})

describe.runIf(hasNginx)('behind nginx, as the guide has it', () => {
  let stack: Stack
  let nginx: ChildProcess
  let client: FfleetClient
  beforeAll(async () => {
    const mediaRoot = join(folder, 'media')
    await mkdir(mediaRoot)
    await copyFile(await makeClip('h264-aac-6s'), join(mediaRoot, 'in.mp4'))
    stack = await upStack(folder, mediaRoot)
    const port = await freePort()
    const location = blockOf('nginx').replaceAll('127.0.0.1:4280', new URL(stack.url).host)
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${kind};`)
    await writeFile(
      join(folder, 'nginx.conf'),
      `daemon off; pid nginx.pid; error_log stderr; events {}
http { access_log off; gzip on; gzip_types *; ${temporary.join(' ')} server { listen 127.0.0.1:${port}; ${location} } }`,
    )
    nginx = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'], { stdio: 'ignore' })
    client = new FfleetClient({ baseUrl: `http://127.0.0.1:${port}` })
    while (
      !(await client.health().then(
        ({ ready }) => ready,
        () => false,
      ))
    ) {
      if (nginx.exitCode !== null) throw new Error(`nginx ended with ${nginx.exitCode}`)
      await new Promise((done) => setTimeout(done, 50))
    }
  })
  afterAll(async () => {
    nginx?.kill()
    if (nginx?.exitCode === null) await once(nginx, 'exit')
    await stack?.down()
  })

  it('passes events on as they happen', async () => {
    const { id } = await client.submit({ input: 'in.mp4', outputs: [{ preset: 'poster' }], delayMs: 3_600_000 })
    const types: string[] = []
    // The job does not go on, and its stream does not end, before the first event has come.
    for await (const { type } of client.events(id)) {
      types.push(type)
      if (type === 'job.queued') await client.cancel(id)
    }
    expect(types).toEqual(['job.queued', 'job.cancelled'])
  })

  it('takes changes from its own pages, and not from others', async () => {
    const send = (site: string) =>
      fetch(`${client.baseUrl}/v1/queue/resume`, {
        method: 'POST',
        headers: { origin: 'https://videos.example', 'sec-fetch-site': site },
      })
    expect((await send('same-origin')).status).toBe(200)
    expect((await send('cross-site')).status).toBe(403)
  })
})
