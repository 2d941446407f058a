import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { commandNames } from '../../src/cli/commands.js'
import { loadConfig } from '../../src/config/index.js'
import { SETTINGS } from '../../src/config/settings.js'
import { readCompose, readImage, type Service } from '../helpers/compose.js'
import { aFolder } from '../helpers/folder.js'

const root = join(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

const milliseconds = (text: string) =>
  [...text.matchAll(/(\d+)(m|s)/g)].reduce((sum, [, n, unit]) => sum + Number(n) * (unit === 'm' ? 60_000 : 1_000), 0)

describe('docker-compose.yml', () => {
  const { services, volumes, networks } = readCompose()
  const own = Object.entries(services).filter(([, { image }]) => image === 'ffleet')

  test('has Redis, the API and workers', () => {
    expect(Object.keys(services)).toEqual(['redis', 'api', 'worker'])
    expect(own.map(([name, { command }]) => [name, command])).toEqual([
      ['api', ['api', '--first-key']],
      ['worker', ['worker']],
    ])
    for (const [, { command }] of own) expect(commandNames()).toContain(command[0])
  })

  test('leaves no variable unread and no reference unresolved', () => {
    expect(JSON.stringify(readCompose())).not.toMatch(/\$\{|<</)
  })

  test('sets only settings that there are, to values they take', () => {
    const known = Object.values(SETTINGS).map(({ key }) => key as string)
    for (const [name, { environment = {} }] of own) {
      const env = Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, String(value)]))
      expect(known, name).toEqual(expect.arrayContaining(Object.keys(env)))
      expect(loadConfig(env).warnings, name).toEqual([])
    }
  })

  test('mounts only volumes it declares, or a folder that was named, and uses all of them', () => {
    const mounted = Object.values(services).flatMap((service) => service.volumes.map((volume) => volume.split(':')[0]))
    expect(new Set(mounted)).toEqual(new Set(Object.keys(volumes)))
    expect(readCompose({ MEDIA: '/srv/videos' }).services.worker?.volumes).toContain('/srv/videos:/media:ro')
  })

  test('gives the API and the workers the same folders, at the paths the image is set to', () => {
    const targets = (service: Service) => service.volumes.map((volume) => volume.split(':')[1]).sort()
    const set = [...read('Dockerfile').matchAll(/FFLEET_(?:DATA_DIR|MEDIA_ROOT|OUTPUT_ROOT)=(\S+)/g)].map(
      ([, path]) => path,
    )
    expect(set).toHaveLength(3)
    expect(targets(services.worker!)).toEqual(set.sort())
    expect(services.api?.volumes).toEqual([...services.worker!.volumes, 'keys:/keys'])
    expect(services.api?.environment?.FFLEET_KEYS_FILE).toMatch(/^\/keys\//)
  })

  test('lets a worker drain before it is killed', () => {
    const { environment, stop_grace_period } = services.worker!
    expect(milliseconds(stop_grace_period)).toBeGreaterThan(Number(environment?.FFLEET_DRAIN_TIMEOUT_MS))
  })

  test('can have any number of workers: none of what they have may only be there once', () => {
    expect(services.worker).not.toHaveProperty('container_name')
    expect(services.worker).not.toHaveProperty('ports')
    expect(services.worker).not.toHaveProperty('network_mode')
  })

  test('opens nothing but a loopback address, unless it is told to, and no service is on the network of the host', () => {
    const ports = Object.entries(services).flatMap(([name, each]) => (each.ports ?? []).map((port) => [name, port]))
    expect(ports).toEqual([['api', '127.0.0.1:4280:4280']])
    expect(readCompose({ BIND: '0.0.0.0', FFLEET_PORT: '443' }).services.api?.ports).toEqual(['0.0.0.0:443:4280'])
    for (const [name, service] of Object.entries(services)) expect(service, name).not.toHaveProperty('network_mode')
  })

  test('keeps Redis and the workers on a network that leads nowhere', () => {
    expect(services.redis?.networks).toEqual(['queue'])
    expect(services.worker?.networks).toEqual(['queue'])
    expect(services.api?.networks).toEqual(['queue', 'outside'])
    expect(networks).toEqual({ queue: { internal: true }, outside: null })
    const { api, worker, redis } = readCompose({ REDIS_PASSWORD: 'secret' }).services
    for (const each of [api, worker]) {
      expect(each?.environment?.FFLEET_REDIS_URL).toBe('redis://:secret@redis:6379')
    }
    expect(redis?.command.slice(-2)).toEqual(['--requirepass', 'secret'])
    expect(redis?.environment?.REDISCLI_AUTH).toBe('secret')
  })

  test('lets no service be more than it must: read-only, without capabilities or new privileges, as a user', () => {
    for (const [name, { read_only, cap_drop, security_opt }] of Object.entries(services)) {
      expect([name, read_only, cap_drop]).toEqual([name, true, ['ALL']])
      expect(security_opt, name).toContain('no-new-privileges:true')
    }
    expect(services.redis?.user).toBe('redis')
    expect(own.map(([, { user }]) => user)).toEqual([undefined, undefined])
  })

  test('checks, restarts, waits for and limits the logs of every service', () => {
    for (const [name, service] of Object.entries(services)) {
      expect(service.restart, name).toBe('unless-stopped')
      expect(service.logging.options, name).toHaveProperty('max-size')
      expect(service.healthcheck.test[0], name).toBe('CMD')
      expect(milliseconds(service.healthcheck.timeout), name).toBeLessThanOrEqual(
        milliseconds(service.healthcheck.interval),
      )
      expect(milliseconds(service.stop_grace_period), name).toBeGreaterThan(0)
      if (name !== 'redis') expect(service.depends_on).toEqual({ redis: { condition: 'service_healthy' } })
    }
  })

  test('runs health checks that are programs: JavaScript that parses, commands that exist', () => {
    const script = services.api!.healthcheck.test.at(-1)!
    expect(() => new Function(script)).not.toThrow()
    expect(services.worker!.healthcheck.test.slice(1, 2)).toEqual(['ffleet'])
    expect(commandNames()).toContain(services.worker!.healthcheck.test[2])
  })

  test('keeps the queue: append-only file, nothing evicted, and Redis knows every option', () => {
    const [program, ...options] = services.redis!.command
    expect(options.join(' ')).toContain('--appendonly yes')
    expect(options.join(' ')).toContain('--maxmemory-policy noeviction')
    // A port it may not bind ends it right after it has read its options.
    const { stdout } = spawnSync(program!, [...options, '--appendonly', 'no', '--bind', '203.0.113.1', '--port', '1'], {
      encoding: 'utf8',
    })
    expect(stdout).toMatch(/Failed listening on port 1/)
    expect(stdout).not.toMatch(/FATAL CONFIG/)
  })

  test('is accepted by docker compose, where that is installed', (context) => {
    const hasCompose = spawnSync('docker', ['compose', 'version']).status === 0
    if (!hasCompose) return context.skip('docker compose is not installed')
    const { status, stderr } = spawnSync('docker', ['compose', 'config', '--quiet'], { cwd: root, encoding: 'utf8' })
    expect([status, stderr]).toEqual([0, ''])
  })
})

describe('Dockerfile', () => {
  const instructions = readImage()
  const of = (name: string) => instructions.filter((instruction) => instruction.name === name)

  test('has instructions that there are', () => {
    for (const { name } of instructions) {
      expect(['FROM', 'WORKDIR', 'COPY', 'RUN', 'ENV', 'USER', 'ENTRYPOINT', 'CMD']).toContain(name)
    }
  })

  test('copies what exists and is let through by .dockerignore, which lets nothing else through', () => {
    const sources = of('COPY')
      .filter(({ rest }) => !rest[0]?.startsWith('--from='))
      .flatMap(({ rest }) => rest.slice(0, -1))
    for (const source of sources) expect(existsSync(join(root, source)), source).toBe(true)
    const [first, ...kept] = read('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
    expect(first).toBe('*')
    expect(kept.map((line) => line.replace(/^!/, '')).sort()).toEqual(sources.sort())
  })

  test('builds and starts what package.json says', () => {
    const { bin, scripts, engines } = JSON.parse(read('package.json'))
    expect(of('RUN').some(({ text }) => text.includes('npm run build'))).toBe(true)
    expect(scripts).toHaveProperty('build')
    expect(
      of('RUN')
        .map(({ text }) => text)
        .join('\n'),
    ).toContain('/app/dist/src/cli/main.js /usr/local/bin/ffleet')
    expect(read(bin.ffleet)).toContain('dist/src/cli/main.js')
    expect(statSync(join(root, bin.ffleet)).mode & 0o111).toBe(0o111)
    for (const { text } of of('FROM')) expect(text).toMatch(/^node:20-bookworm-slim\b/)
    expect(engines.node).toMatch(/^>=20/)
  })

  test('runs as a plain user, under an init, with settings that there are', () => {
    expect(of('USER').map(({ text }) => text)).toEqual(['1000:1000'])
    expect(JSON.parse(of('ENTRYPOINT')[0]!.text)).toEqual(['tini', '--', 'ffleet'])
    const known: string[] = Object.values(SETTINGS).map(({ key }) => key)
    const set = [...read('Dockerfile').matchAll(/\b(FFLEET_\w+)=/g)].map(([, key]) => key!)
    expect(known).toEqual(expect.arrayContaining(set))
  })
})

describe('package-lock.json', () => {
  type Entry = { version?: string; integrity?: string; resolved?: string; link?: boolean; hasInstallScript?: boolean }
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, Entry> }
  const entries = Object.entries(packages).filter(([path]) => path !== '')

  test('says of every package, on every platform, what its bytes must be, and names no place to get them from', () => {
    expect(entries.length).toBeGreaterThan(300)
    for (const [path, { version, integrity, resolved, link }] of entries) {
      expect(path).toMatch(/^node_modules\//)
      expect(integrity, path).toMatch(/^sha512-[A-Za-z0-9+/]{86}==$/)
      expect([path, version]).toEqual([path, expect.stringMatching(/^\d+\.\d+\.\d+/)])
      expect([path, resolved, link]).toEqual([path, undefined, undefined])
    }
  })

  test('runs no script of a package while it is installed, where ffleet is built', () => {
    const lines = [...read('Dockerfile').matchAll(/npm (?:ci|prune)\b[^&\n]*/g)].map(([line]) => line)
    expect(lines.length).toBeGreaterThan(0)
    for (const line of lines) expect(line).toContain('--ignore-scripts')
  })
})

describe('the package', () => {
  test('holds what people use, and neither maps nor what made the docs', () => {
    const { stdout } = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: root,
      encoding: 'utf8',
    })
    const paths = (JSON.parse(stdout) as { files: { path: string }[] }[])[0]!.files.map(({ path }) => path)
    const needed = [
      'LICENSE',
      'README.md',
      'src/cli/bin.mjs',
      'dist/src/cli/main.js',
      'dist/src/index.d.ts',
      'docs/index.md',
    ]
    expect(paths).toEqual(expect.arrayContaining(needed))
    expect(paths.filter((path) => /\.map$|^test|^fixtures|docs\/.*(generate|record)\.ts$/.test(path))).toEqual([])
  })

  test('says what to do in a clone that is not built', async () => {
    const folder = await aFolder()
    mkdirSync(join(folder, 'src/cli'), { recursive: true })
    copyFileSync(join(root, 'src/cli/bin.mjs'), join(folder, 'src/cli/bin.mjs'))
    const { status, stderr } = spawnSync(process.execPath, [join(folder, 'src/cli/bin.mjs')], { encoding: 'utf8' })
    expect(status).toBe(1)
    expect(stderr).toContain('npm run build')
  })
})

describe('.ci/run', () => {
  test('is a program that stops at the first failure and runs what a newcomer runs', () => {
    const path = join(root, '.ci/run')
    expect(statSync(path).mode & 0o111).toBe(0o111)
    expect(spawnSync('bash', ['-n', path]).status).toBe(0)
    const text = read('.ci/run')
    expect(text).toMatch(/^#!\/usr\/bin\/env bash$/m)
    expect(text).toContain('set -euo pipefail')
    const { scripts } = JSON.parse(read('package.json'))
    for (const [, name] of text.matchAll(/npm run (?:-s )?(\S+)/g)) expect(scripts).toHaveProperty([name!])
  })
})
