import { readdirSync } from 'node:fs'
import { readdir, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ConfigError, type ConfigFault, loadConfig, readConfig } from '../../src/config/index.js'
import type { Setting } from '../../src/config/kinds.js'
import { prepareConfig } from '../../src/config/prepare.js'
import { SETTINGS } from '../../src/config/settings.js'
import { userFolder } from '../../src/config/user-folder.js'
import { aFolder } from '../helpers/folder.js'

const rows = Object.entries(SETTINGS) as [keyof typeof SETTINGS, Setting<unknown>][]

function faultsOf(env: NodeJS.ProcessEnv): readonly ConfigFault[] {
  try {
    loadConfig(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
  return []
}

describe('defaults', () => {
  test('an empty environment gives the documented ones', () => {
    const config = loadConfig({})
    expect(config).toMatchObject({
      redisUrl: null,
      host: '127.0.0.1',
      port: 4280,
      dataDir: resolve('ffleet-data'),
      mediaRoot: resolve('ffleet-data/media'),
      outputRoot: resolve('ffleet-data/outputs'),
      statsPeriodMs: 500,
      lockDurationMs: 30_000,
      stalledCheckMs: 5_000,
      stallTimeoutMs: 120_000,
      startTimeoutMs: 300_000,
      finalizeTimeoutMs: 3_600_000,
      drainTimeoutMs: 600_000,
      keepJobsMs: 604_800_000,
      keepJobsCount: 10_000,
      keepEventsMs: 86_400_000,
      poisonStarts: 3,
      backoffMs: 1_000,
      sandbox: 'auto',
      keysFile: null,
      presetsDir: null,
      url: null,
      warnings: [],
    })
    expect(config.slots).toBeGreaterThanOrEqual(1)
  })

  test('an empty variable counts as absent, as a compose file writes it', () => {
    expect(loadConfig({ FFLEET_PORT: '', FFLEET_REDIS_URL: '  ' })).toMatchObject({ port: 4280, redisUrl: null })
  })

  test('the output root may be a bucket, which is no path', () => {
    expect(loadConfig({ FFLEET_OUTPUT_ROOT: 's3://films/fleet/' })).toMatchObject({ outputRoot: 's3://films/fleet' })
    const env = { FFLEET_S3_REGION: 'eu central', FFLEET_S3_PATH_STYLE: 'yes', FFLEET_S3_ENDPOINT: 'ftp://x' }
    for (const root of ['s3://films/fleet/reports', 's3://films', 's3://films/fleet']) {
      const both = { FFLEET_OUTPUT_ROOT: 's3://films/fleet', FFLEET_REPORT_ROOT: root }
      expect(readConfig(both).faults, root).toMatchObject([{ key: 'FFLEET_REPORT_ROOT', got: root }])
    }
    const { faults } = readConfig({ ...env, FFLEET_OUTPUT_ROOT: 'https://films.example/fleet' })
    expect(faults.map(({ key }) => key).sort()).toEqual([...Object.keys(env), 'FFLEET_OUTPUT_ROOT'].sort())
    for (const root of ['s3://', 's3://a', 's3:///x', 's3://films/../x', 'S3://films/x']) {
      expect(readConfig({ FFLEET_OUTPUT_ROOT: root }).faults, root).toHaveLength(1)
    }
  })

  test('the default roots follow the data folder', () => {
    expect(loadConfig({ FFLEET_DATA_DIR: '/srv/d' })).toMatchObject({
      mediaRoot: '/srv/d/media',
      outputRoot: '/srv/d/outputs',
    })
  })
})

describe('reading', () => {
  test('paths become absolute, programs without a slash stay names', () => {
    const config = loadConfig({ FFLEET_MEDIA_ROOT: 'in', FFLEET_FFMPEG: './bin/ffmpeg', FFLEET_FFPROBE: 'ffprobe-5' })
    expect(config.mediaRoot).toBe(resolve('in'))
    expect(config.ffmpeg).toBe(resolve('bin/ffmpeg'))
    expect(config.ffprobe).toBe('ffprobe-5')
  })

  test.each([
    'redis://localhost:6379/2',
    'rediss://u:p@h',
    'unix:///run/redis.sock',
    'unix:///run/redis.sock?db=2&namespace=a-1',
    'redis://h/0?namespace=staging',
  ])('%s is a Redis URL', (text) => {
    expect(loadConfig({ FFLEET_REDIS_URL: text }).redisUrl).toBe(text)
  })

  test.each([
    ['redis://h/two', /the database as a whole number: redis:/],
    ['unix:///run/redis.sock?db=-1', /the database as a whole number: \?db=/],
    ['redis://h?namespace=', /a namespace of 1 to 64 lower-case letters/],
    ['redis://h?namespace=a}b', /a namespace of 1 to 64 lower-case letters/],
    ['redis://h?db=2', /no parameter but \?namespace=/],
    ['unix:///run/redis.sock?nmespace=a', /no parameter but \?db= and \?namespace=/],
  ])('%s is refused for a part of it', (text, takes) => {
    expect(faultsOf({ FFLEET_REDIS_URL: text })[0]?.takes).toMatch(takes)
  })

  test.each([
    ['/transcode', '/transcode'],
    ['/videos/Trans-code_1.~a/', '/videos/Trans-code_1.~a'],
    ['/', ''],
  ])('%s is a path of the page', (text, basePath) => {
    expect(loadConfig({ FFLEET_BASE_PATH: text }).basePath).toBe(basePath)
  })

  test.each([
    'transcode',
    '//evil.example',
    '/a//b',
    '/..',
    '/a/../b',
    '/.',
    '/a b',
    '/a"b',
    '/a?b',
    '/%2e',
    'https://a/b',
  ])('%s is no path of the page', (text) => {
    expect(faultsOf({ FFLEET_BASE_PATH: text })).toMatchObject([{ key: 'FFLEET_BASE_PATH', got: text }])
  })

  test.each(["'none'", "'self'", 'https://example.com', "'self' https://*.example.com:8443 http://localhost:3000"])(
    '%s may show a watch link',
    (text) => {
      expect(loadConfig({ FFLEET_FRAME_ANCESTORS: text }).frameAncestors).toBe(text)
    },
  )

  test.each([
    "'none'; script-src *",
    'https://example.com; default-src *',
    'https://example.com, https://example.org',
    'https://example.com\nx-evil: 1',
    "'none' https://example.com",
    'self',
    '*',
    'https:',
    'example.com',
    'https://example.com/',
    "'unsafe-inline'",
  ])('%j is refused, and what is taken is said', (text) => {
    expect(() => loadConfig({ FFLEET_FRAME_ANCESTORS: text })).toThrow(
      /FFLEET_FRAME_ANCESTORS is .*; it takes 'none', 'self', or origins such as https:\/\/example\.com/,
    )
  })

  test.each(['1.5', '-1', '0x10', '1e3', '65536', 'many', '1_000'])('%s is no port', (text) => {
    expect(faultsOf({ FFLEET_PORT: text })).toEqual([
      { key: 'FFLEET_PORT', got: text, takes: 'a whole number from 0 to 65535' },
    ])
  })

  test('every row takes its own default, written out, and refuses text that cannot be one', () => {
    for (const [name, setting] of rows) {
      if (setting.default !== null) {
        expect(setting.read(String(setting.default)), name).toEqual({ value: setting.default })
      }
      if (setting.type.startsWith('whole number')) expect(setting.read('no number'), name).toHaveProperty('takes')
    }
  })
})

describe('faults', () => {
  test('are named all at once, with the key, what it got and what it takes', () => {
    const env = { FFLEET_PORT: 'x', FFLEET_SLOTS: '0', FFLEET_LOG_LEVEL: 'loud', FFLEET_REDIS_URL: 'localhost:6379' }
    expect(faultsOf(env).map((fault) => fault.key)).toEqual([
      'FFLEET_REDIS_URL',
      'FFLEET_PORT',
      'FFLEET_SLOTS',
      'FFLEET_LOG_LEVEL',
    ])
    expect(() => loadConfig(env)).toThrow(
      /^4 settings are not valid:\n {2}FFLEET_REDIS_URL is "localhost:6379"; it takes a URL/,
    )
  })

  test('a password in a refused URL is not repeated', () => {
    expect(() => loadConfig({ FFLEET_REDIS_URL: 'http://user:hunter2@host' })).toThrow(/"http:\/\/\*\*\*@host"/)
    for (const url of ['rediz://:hunter2@host', 'redis:hunter2@host', 'redis://:hunt/er2@host']) {
      expect(JSON.stringify(faultsOf({ FFLEET_REDIS_URL: url })), url).toMatch(/"got":"[^"]*\*\*\*@host"/)
      expect(JSON.stringify(faultsOf({ FFLEET_REDIS_URL: url })), url).not.toContain('er2')
    }
  })

  test('an address that others can reach needs keys', () => {
    for (const host of ['127.0.0.1', '127.1.2.3', 'localhost', '::1'])
      expect(loadConfig({ FFLEET_HOST: host }).host).toBe(host)
    for (const host of ['0.0.0.0', '::', '10.0.0.1', '2001:db8::1']) {
      expect(faultsOf({ FFLEET_HOST: host }), host).toMatchObject([{ key: 'FFLEET_HOST', got: host }])
      expect(loadConfig({ FFLEET_HOST: host, FFLEET_KEYS_FILE: 'keys.json' }).host).toBe(host)
    }
    for (const host of ['example.com', '127.0.0.1:80', '127.evil.example']) {
      expect(faultsOf({ FFLEET_HOST: host, FFLEET_KEYS_FILE: 'k' }), host).toMatchObject([{ key: 'FFLEET_HOST' }])
    }
  })

  test('what is not there yet is refused instead of pretended', () => {
    expect(faultsOf({ FFLEET_SANDBOX: 'firejail' })[0]?.takes).toBe('one of auto, bwrap, none')
  })

  test('outputs may not land on the data folder itself', () => {
    expect(faultsOf({ FFLEET_DATA_DIR: '/srv/x', FFLEET_OUTPUT_ROOT: '/srv/y/../x/' })[0]?.key).toBe(
      'FFLEET_OUTPUT_ROOT',
    )
  })
})

test('unknown variables warn and name what was probably meant', () => {
  const { warnings } = loadConfig({ FFLEET_SLOT: '2', FFLEET_MEDIAROOT: '/m', FFLEET_ENTIRELY_NEW: '1', PATH: '/bin' })
  expect(warnings).toEqual([
    'FFLEET_ENTIRELY_NEW is no setting of ffleet',
    'FFLEET_MEDIAROOT is no setting of ffleet; did you mean FFLEET_MEDIA_ROOT?',
    'FFLEET_SLOT is no setting of ffleet; did you mean FFLEET_SLOTS?',
  ])
})

describe('the table', () => {
  test('names every row after its variable, each once', () => {
    for (const [name, { key }] of rows) {
      const camel = key
        .slice('FFLEET_'.length)
        .toLowerCase()
        .replaceAll(/_(.)/g, (_, letter) => letter.toUpperCase())
      expect(name).toBe(camel)
    }
    expect(new Set(rows.map(([, { key }]) => key)).size).toBe(rows.length)
  })

  test('has a unit for every quantity and a sentence for every row', () => {
    for (const [name, setting] of rows) {
      expect(setting.description, name).toMatch(/^[A-Z`].+[.]$/s)
      if (name.endsWith('Ms')) expect(setting.unit, name).toBe('ms')
      if (name.endsWith('Bytes')) expect(setting.unit, name).toBe('bytes')
    }
  })
})

describe('before the start', () => {
  const PROGRAMS = { FFLEET_FFMPEG: process.execPath }
  const refusal = async (part: Parameters<typeof prepareConfig>[0], env: NodeJS.ProcessEnv) => {
    const error: unknown = await prepareConfig(part, { ...PROGRAMS, ...env }).catch((thrown) => thrown)
    expect(error).toBeInstanceOf(ConfigError)
    return (error as ConfigError).faults.map(({ key, takes }) => [key, takes])
  }

  test('data, output and the default media folder are created', async () => {
    const dataDir = join(await aFolder(), 'a/b')
    const config = await prepareConfig('up', { ...PROGRAMS, FFLEET_DATA_DIR: dataDir })
    for (const folder of [dataDir, config.mediaRoot, config.outputRoot])
      expect((await stat(folder)).isDirectory()).toBe(true)
  })

  test('all that is wrong is said at once, and nothing is made', async () => {
    const folder = await aFolder()
    await writeFile(join(folder, 'file'), '')
    const wrong = {
      FFLEET_HOST: '0.0.0.0',
      FFLEET_PORT: 'x',
      FFLEET_DATA_DIR: join(folder, 'data'),
      FFLEET_MEDIA_ROOT: join(folder, 'missing'),
      FFLEET_OUTPUT_ROOT: join(folder, 'file/out'),
      FFLEET_PRESETS_DIR: join(folder, 'presets'),
      FFLEET_FFMPEG: join(folder, 'ffmpeg'),
      FFLEET_FFPROBE: 'no-such-program',
    }
    expect(await refusal('up', wrong)).toEqual([
      ['FFLEET_PORT', expect.stringContaining('a whole number')],
      ['FFLEET_HOST', expect.stringContaining('a loopback address')],
      ['FFLEET_MEDIA_ROOT', 'an existing folder; create it, or mount its disk'],
      ['FFLEET_OUTPUT_ROOT', 'a folder; this is something else, or lies below a file'],
      ['FFLEET_PRESETS_DIR', 'an existing folder; create it, or mount its disk'],
      ['FFLEET_FFMPEG', expect.stringContaining('a program that can be run')],
      ['FFLEET_FFPROBE', expect.stringContaining('a program that can be run')],
    ])
    expect(await readdir(folder)).toEqual(['file'])
  })

  test('a part is refused for what it uses alone', async () => {
    const folder = await aFolder()
    const env = { FFLEET_DATA_DIR: folder, FFLEET_MEDIA_ROOT: '/no/media', FFLEET_PRESETS_DIR: '/no/presets' }
    const keys = async (part: Parameters<typeof prepareConfig>[0]) =>
      (await refusal(part, { ...env, FFLEET_FFMPEG: '/no/ffmpeg' })).map(([key]) => key)
    expect(await keys('api')).toEqual(['FFLEET_MEDIA_ROOT', 'FFLEET_PRESETS_DIR'])
    expect(await keys('worker')).toEqual(['FFLEET_MEDIA_ROOT', 'FFLEET_FFMPEG'])
    expect(await keys('run')).toEqual(['FFLEET_PRESETS_DIR', 'FFLEET_FFMPEG'])
  })

  test.each(['api', 'worker'] as const)('%s works in the folders of a fleet, and has none of its own', async (part) => {
    const keys = async (env: Record<string, string>) =>
      (await refusal(part, { ...PROGRAMS, ...env })).map(([key]) => key)
    expect(await keys({})).toEqual(['FFLEET_DATA_DIR', 'FFLEET_MEDIA_ROOT', 'FFLEET_OUTPUT_ROOT'])
    const folder = await aFolder()
    expect(await keys({ FFLEET_DATA_DIR: folder })).toEqual(['FFLEET_MEDIA_ROOT'])
    expect(readdirSync(folder)).toEqual([])
    await expect(
      prepareConfig(part, { ...PROGRAMS, FFLEET_DATA_DIR: folder, FFLEET_MEDIA_ROOT: folder }),
    ).resolves.toBeTruthy()
  })

  test('an ffprobe is missed only where another than the usual is named', async () => {
    const env = { ...PROGRAMS, FFLEET_DATA_DIR: await aFolder(), FFLEET_MEDIA_ROOT: await aFolder() }
    const { PATH } = process.env
    process.env.PATH = await aFolder()
    onTestFinished(() => {
      process.env.PATH = PATH
    })
    await expect(prepareConfig('worker', env)).resolves.toMatchObject({ ffprobe: 'ffprobe' })
    expect(await refusal('worker', { ...env, FFLEET_FFPROBE: 'ffprobe-7' })).toMatchObject([['FFLEET_FFPROBE', {}]])
  })

  test('a run keeps what it has in one place of the user, unless a data folder is named', async () => {
    const [home, data] = [await aFolder(), join(await aFolder(), 'data')]
    const run = (env: NodeJS.ProcessEnv) => prepareConfig('run', { ...PROGRAMS, HOME: home, ...env })
    expect((await run({ XDG_STATE_HOME: join(home, 'state') })).dataDir).toBe(join(home, 'state/ffleet'))
    expect((await run({ FFLEET_DATA_DIR: data })).dataDir).toBe(data)
    expect((await prepareConfig('up', { ...PROGRAMS, HOME: home, FFLEET_DATA_DIR: data })).dataDir).toBe(data)
  })

  test.each([
    ['linux', {}, '/home/me/.local/state/ffleet'],
    ['linux', { XDG_STATE_HOME: '/x/state' }, '/x/state/ffleet'],
    ['linux', { XDG_STATE_HOME: 'relative' }, '/home/me/.local/state/ffleet'],
    ['darwin', {}, '/home/me/Library/Application Support/ffleet'],
    ['win32', { LOCALAPPDATA: '/home/me/AppData/Local' }, '/home/me/AppData/Local/ffleet'],
  ] as const)('on %s with %j that place is %s', (platform, env, place) => {
    expect(userFolder({ HOME: '/home/me', ...env }, platform)).toBe(place)
  })

  test('a folder that can never be made is refused, and not tried for ever', async () => {
    expect(await refusal('run', { FFLEET_DATA_DIR: '/proc/no/such' })).toEqual([
      ['FFLEET_DATA_DIR', expect.stringContaining('a folder that ffleet may create and open (E')],
    ])
  })
})
