/**
 * The containers of docker-compose.yml start as it says and do their work, each as its user, on a file system that cannot be written,
 * without capabilities. What Docker itself makes of the file is not tried: it is not here.
 */
import { chmod, copyFile, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeClip } from '../../fixtures/media/recipes.js'
import { CLI_PATH } from '../helpers/cli.js'
import { readCompose, type Service } from '../helpers/compose.js'
import { type Container, ContainerHost } from '../helpers/containers.js'
import { canMount } from '../helpers/mount.js'
import { waitFor } from '../helpers/wait-for.js'
import { isInstalled } from './program.js'

const canContain = canMount && (await isInstalled('bwrap')) && (await isInstalled('ip'))
const LONG = { timeout: 90_000, interval: 500 }

describe.runIf(canContain)('docker compose up', () => {
  // As somebody sets it who wants a password, too: what it is without one is the same but for that.
  const { redis, api, worker } = readCompose({ REDIS_PASSWORD: 'secret' }).services as Record<
    'redis' | 'api' | 'worker',
    Service
  >
  let folder: string
  let host: ContainerHost
  let apiContainer: Container
  let workerContainer: Container
  let key: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ffleet-compose-'))
    // For the users of the containers.
    await chmod(folder, 0o755)
    host = await ContainerHost.start(folder, ['localhost', 'redis'])
    await copyFile(await makeClip('h264-aac'), join(host.volume('media'), 'in.mp4'))
    await host.healthy(redis, host.start(redis))
    apiContainer = host.start(api)
    await host.healthy(api, apiContainer)
    workerContainer = host.start(worker)
    await host.healthy(worker, workerContainer)
  }, 300_000)
  afterAll(async () => {
    await host?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  /** `ffleet` on the machine, asking the port that the API publishes. */
  const ffleet = (args: string[], own = key) =>
    host.outside([process.execPath, CLI_PATH, ...args], { FFLEET_URL: 'http://127.0.0.1:4280', FFLEET_API_KEY: own })

  it('shows the first key in the log of the API, and asks everybody for one', async () => {
    // As `docker compose logs api | grep 'first key'` does.
    key = /^ *first key +(\S+)$/m.exec(apiContainer.output())![1]!
    expect((await ffleet(['queue'])).code).toBe(0)
    const stranger = await ffleet(['queue'], 'ffleet_000000000000_wrong')
    expect([stranger.code, stranger.stderr]).toEqual([1, expect.stringContaining('UNAUTHENTICATED')])
    expect((await stat(join(host.volume('keys'), 'keys.json'))).mode & 0o777).toBe(0o600)
  })

  it('asks whoever reaches Redis for its password', async () => {
    const { stdout } = await host.outside(['redis-cli', 'ping'])
    expect(stdout).toContain('NOAUTH')
  })

  it('encodes, in a sandbox within the container', async () => {
    const [found] = (await ffleet(['workers', '--json'])).stdout.split('\n')
    expect(JSON.parse(found!)).toMatchObject({ state: 'running', sandbox: 'bwrap' })
    const sent = await ffleet(['submit', 'in.mp4', '--preset', 'h264-360p', '--output', 'out.mp4', '--watch'])
    expect([sent.code, sent.stdout]).toEqual([0, expect.stringContaining('completed')])
    expect(await stat(join(host.volume('outputs'), 'out.mp4'))).toMatchObject({ uid: 1000, gid: 1000 })
  }, 120_000)

  it('lets nobody write but to the volumes and /tmp, and gives keys to the API alone', async () => {
    const write =
      "for (const d of ['/', '/app', '/usr', '/etc', '/media', '/tmp', '/data']) try { fs.writeFileSync(d + '/x', ''); console.log(d); fs.rmSync(d + '/x') } catch {}"
    expect((await host.run(worker, ['node', '--eval', write])).stdout).toBe('/tmp\n/data\n')
    expect((await host.run(worker, ['node', '--eval', "console.log(fs.existsSync('/keys'))"])).stdout).toBe('false\n')
    const status =
      "console.log(fs.readFileSync('/proc/self/status', 'utf8').match(/^(Uid|CapEff|CapBnd|NoNewPrivs):.*$/gm).join('\\n'))"
    const { stdout } = await host.run(api, ['node', '--eval', status])
    expect(stdout).toMatch(/^Uid:\t1000\t1000\t1000\t1000\nCapEff:\t0+\nCapBnd:\t0+\nNoNewPrivs:\t1\n$/)
  })

  it('rotates the first key in the container of the API, and shows it no second time when that starts again', async () => {
    const rotated = await host.run(api, ['ffleet', 'keys', 'rotate', 'admin', '--grace', '0'])
    const fresh = rotated.stdout.trim()
    await waitFor(async () => expect((await ffleet(['queue'], fresh)).code).toBe(0), LONG)
    expect((await ffleet(['queue'])).code).toBe(1)
    expect(await apiContainer.stop()).toBe(0)
    apiContainer = host.start(api)
    await host.healthy(api, apiContainer)
    expect(apiContainer.output()).not.toContain('first key')
    expect((await ffleet(['queue'], fresh)).code).toBe(0)
    key = fresh
    expect(await readdir(host.volume('keys'))).toContain('keys.json')
  }, 240_000)

  it('drains a worker that is told to stop', async () => {
    expect(await workerContainer.stop()).toBe(0)
    expect((await ffleet(['workers'])).stdout).toContain('No worker')
  }, 120_000)
})
