import { spawnSync } from 'node:child_process'
import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { holdRoots } from '../../../src/api/hold-roots.js'
import { isHealthy, runChecks } from '../../../src/cli/doctor/checks.js'
import { loadConfig } from '../../../src/config/index.js'
import { findSandbox } from '../../../src/ffmpeg/index.js'
import { createLog } from '../../../src/log/index.js'
import { loadPresets } from '../../../src/presets/index.js'
import { findExecutable } from '../../../src/programs.js'
import { createQueue } from '../../../src/queue/index.js'
import { openStorage } from '../../../src/storage/index.js'
import { CLI_PATH } from '../../helpers/cli.js'
import { aFolder } from '../../helpers/folder.js'
import { long } from '../../helpers/long.js'
import { canMount, mountTmpfs } from '../../helpers/mount.js'
import { startRedis } from '../../helpers/redis.js'

type Check = { id: string; ok: boolean; needed: boolean; found: string; hint: string | null; missing: string | null }
type Answer = { status: number | null; ok: boolean; checks: Check[]; fix: { kind: string } | null; stderr: string }

/** `ffleet doctor` as a person runs it; `env` is all there is beside the data folder, PATH included. */
function runDoctor(args: string[], env: NodeJS.ProcessEnv, command: string[] = [process.execPath]) {
  const [program, ...before] = command
  return spawnSync(program!, [...before, CLI_PATH, 'doctor', ...args], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, ...env },
  })
}

function doctor(args: string[], env: NodeJS.ProcessEnv, command?: string[]): Answer {
  const { status, stdout, stderr } = runDoctor([...args, '--json'], env, command)
  return { status, stderr, ...JSON.parse(stdout) }
}

const find = (answer: Answer, id: string) => answer.checks.find((check) => check.id === id)

/** A folder to be the whole PATH, with these of the system's programs and these scripts. */
async function aPath(programs: string[], scripts: Record<string, string> = {}): Promise<string> {
  const folder = await aFolder()
  for (const name of programs) await symlink(findExecutable(name)!, join(folder, name))
  for (const [name, text] of Object.entries(scripts)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${text}\n`)
    await chmod(join(folder, name), 0o755)
  }
  return folder
}

/** Whether bubblewrap starts on this machine. */
const hasSandbox =
  (
    await findSandbox({
      programs: [],
      limits: { maxMemoryBytes: 2 ** 33, maxCpuMs: 60_000, maxOutputBytes: 2 ** 30 },
      variables: [],
      hidden: [],
    })
  ).sandbox !== null

describe('on a machine that has everything', () => {
  test('all checks pass, nothing is created, the exit code is 0', async () => {
    const data = join(await aFolder(), 'data')
    const answer = doctor([], { FFLEET_DATA_DIR: data })
    expect(answer.checks.filter(({ id, ok }) => !ok && (hasSandbox || id !== 'sandbox'))).toEqual([])
    expect(answer).toMatchObject({ status: 0, ok: true, fix: null })
    expect(answer.checks.map(({ id }) => id)).toEqual([
      'node',
      'ffmpeg',
      'ffprobe',
      'encoders',
      'redis',
      'setpriv',
      'sandbox',
      'hardware',
      'data-dir',
      'media-root',
      'output-root',
    ])
    expect(spawnSync('ls', [data]).status).not.toBe(0)
  })

  long('with --fix nothing is installed', async () => {
    const path = `${await aPath([], { 'apt-get': 'echo must not run >&2; exit 1' })}:${process.env.PATH}`
    const answer = doctor(['--fix'], { PATH: path, FFLEET_DATA_DIR: await aFolder() })
    expect(answer).toMatchObject({ ok: true, fix: { kind: 'nothing-to-install' } })
    expect(answer.stderr).not.toContain('must not run')
  })

  test('people get one line a check, with marks', async () => {
    const { stdout, status } = runDoctor([], { FFLEET_DATA_DIR: await aFolder(), LANG: 'C.UTF-8' })
    expect(status).toBe(0)
    expect(stdout).toMatch(/^✓ Node\.js {5,}20\.\d+\.\d+$/m)
    expect(stdout).toMatch(hasSandbox ? /^All is well\.$/m : /^ffleet can run/m)
    if (hasSandbox) expect(stdout).toMatch(/^✓ sandbox +bubblewrap; a start in it takes [\d.]+ ms, [\d.]+ ms without/m)
  })
})

describe('on a machine without ffmpeg and Redis', () => {
  long('both are named as needed, and --fix is offered', async () => {
    const env = { PATH: await aPath([]), FFLEET_DATA_DIR: await aFolder() }
    const answer = doctor([], env)
    expect(answer).toMatchObject({ status: 1, ok: false })
    expect(find(answer, 'ffmpeg')).toMatchObject({ ok: false, needed: true, missing: 'ffmpeg' })
    expect(find(answer, 'redis')).toMatchObject({ ok: false, needed: true, missing: 'redis' })
    expect(find(answer, 'setpriv')).toMatchObject({ ok: false, needed: false, missing: 'setpriv' })
    expect(find(answer, 'sandbox')).toMatchObject({ ok: false, needed: false, missing: 'bubblewrap' })
    expect(find(doctor([], { ...env, FFLEET_SANDBOX: 'bwrap' }), 'sandbox')).toMatchObject({ ok: false, needed: true })
    expect(runDoctor([], env).stdout).toMatch(/Something needed is missing\. ffleet doctor --fix installs it\.\n$/)
  })

  test.skipIf(process.getuid?.() !== 0)(
    'root installs them without a question, and everything is checked again',
    async () => {
      const record = join(await aFolder(), 'calls')
      const programs = [
        'ffmpeg',
        'ffprobe',
        'redis-server',
        'setpriv',
        'bwrap',
        'prlimit',
        'chromium',
        'ip',
        'nginx',
        'caddy',
        'prometheus',
        'openssl',
      ].map((name) => findExecutable(name)!)
      const bring = programs.map((path) => `/bin/ln -s ${path} "\${0%/*}/"`).join('; ')
      const path = await aPath([], {
        'apt-get': `echo "$DEBIAN_FRONTEND: $*" >> ${record}; echo said by apt; case "$*" in *install*) ${bring};; esac`,
      })
      const answer = doctor(['--fix', '--for-tests'], { PATH: path, FFLEET_DATA_DIR: await aFolder() })
      expect(answer).toMatchObject({ status: 0, ok: true, fix: { kind: 'installed' } })
      expect(answer.stderr).toContain('said by apt')
      expect((await readFile(record, 'utf8')).trim().split('\n')).toEqual([
        'noninteractive: -o DPkg::Lock::Timeout=300 update',
        'noninteractive: -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends ffmpeg redis-server util-linux bubblewrap chromium iproute2 nginx caddy prometheus openssl',
      ])
    },
  )

  test.skipIf(process.getuid?.() !== 0)('an installation that fails is said, with exit code 1', async () => {
    const path = await aPath([], { 'apt-get': 'exit 100' })
    const answer = doctor(['--fix'], { PATH: path, FFLEET_DATA_DIR: await aFolder() })
    expect(answer).toMatchObject({
      status: 1,
      ok: false,
      fix: { kind: 'failed', detail: expect.stringContaining('exit code 100') },
    })
  })

  test.skipIf(process.getuid?.() !== 0)('anybody else is told the one command to run', async () => {
    const path = await aPath([], { 'apt-get': 'echo must not run >&2; exit 1' })
    const data = await aFolder()
    await chmod(data, 0o777)
    const asNobody = [findExecutable('setpriv')!, '--reuid=65534', '--clear-groups', process.execPath]
    await chmod(path, 0o755)
    const answer = doctor(['--fix'], { PATH: path, FFLEET_DATA_DIR: data, HOME: data }, asNobody)
    expect(answer).toMatchObject({ status: 1, fix: { kind: 'ask' } })
    expect((answer.fix as unknown as { command: string }).command).toBe(
      'sudo apt-get -o DPkg::Lock::Timeout=300 update && ' +
        'sudo apt-get -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends ffmpeg redis-server util-linux bubblewrap',
    )
    expect(answer.stderr).not.toContain('must not run')
  })

  long('without a package manager that is known, what to install by hand is named', async () => {
    const answer = doctor(['--fix'], { PATH: await aPath([]), FFLEET_DATA_DIR: await aFolder() })
    expect(answer.fix).toMatchObject({ kind: 'failed', detail: expect.stringContaining('ffmpeg, redis, setpriv') })
  })
})

/** The checks alone, without a process of their own. */
async function checks(env: NodeJS.ProcessEnv) {
  const findings = await runChecks(loadConfig({ FFLEET_DATA_DIR: await aFolder(), ...env }))
  return { findings, healthy: isHealthy(findings), find: (id: string) => findings.find((check) => check.id === id) }
}

describe('ffmpeg', () => {
  test('older than 4.1 is refused, one that does not run is said to', async () => {
    const path = await aPath([], {
      old: 'echo "ffmpeg version 4.0.6 Copyright"',
      broken: 'echo "error while loading shared libraries: libx" >&2; exit 127',
    })
    const old = await checks({ FFLEET_FFMPEG: join(path, 'old') })
    expect(old.find('ffmpeg')).toMatchObject({ ok: false, needed: true, hint: 'ffleet needs ffmpeg 4.1 or later.' })
    const broken = await checks({ FFLEET_FFMPEG: join(path, 'broken') })
    expect(broken.find('ffmpeg')).toMatchObject({ ok: false, found: expect.stringContaining('libx'), missing: null })
  })

  test('without an encoder costs its presets; without H.264 or AAC it is not enough', async () => {
    const encoders = (names: string) =>
      `case "$*" in *-version*) echo "ffmpeg version 6.1.1 x";; *) for e in ${names}; do echo " V....D $e  text"; done;; esac`
    const path = await aPath([], {
      common: encoders('libx264 aac mjpeg libmp3lame libopus flac libvpx-vp9'),
      poor: encoders('mpeg4'),
    })
    const common = await checks({ FFLEET_FFMPEG: join(path, 'common') })
    expect(common.find('encoders')).toMatchObject({
      ok: false,
      needed: false,
      found: expect.stringContaining('libx265'),
    })
    expect(common.healthy).toBe(true)
    const poor = await checks({ FFLEET_FFMPEG: join(path, 'poor') })
    expect(poor.find('encoders')).toMatchObject({
      ok: false,
      needed: true,
      found: expect.stringContaining('h264-360p'),
    })
    expect(poor.healthy).toBe(false)
  })
})

describe("the fleet's Redis", () => {
  test('is asked for its version and how it treats what it is given', async () => {
    const server = await startRedis({ args: ['--maxmemory-policy', 'allkeys-lru'] })
    onTestFinished(() => server.stop())
    const { find } = await checks({ FFLEET_REDIS_URL: server.url })
    expect(find('redis')).toMatchObject({
      ok: true,
      found: expect.stringMatching(/^\d+\.\d+\.\d+ at FFLEET_REDIS_URL$/),
    })
    expect(find('redis-eviction')).toMatchObject({ ok: false, needed: true, found: 'allkeys-lru' })
    expect(find('redis-persistence')).toMatchObject({ ok: false, needed: false })
  })

  test('that does not answer is said to, without its password', async () => {
    const { find, findings } = await checks({ FFLEET_REDIS_URL: 'redis://user:hunter2@127.0.0.1:1' })
    expect(find('redis')).toMatchObject({ ok: false, needed: true, found: expect.stringContaining('ECONNREFUSED') })
    expect(JSON.stringify(findings)).not.toContain('hunter2')
  })
})

describe('folders and settings', () => {
  test('a media root that is missing and an output root that is a file are needed', async () => {
    const folder = await aFolder()
    await writeFile(join(folder, 'file'), '')
    const { find, healthy } = await checks({
      FFLEET_DATA_DIR: folder,
      FFLEET_MEDIA_ROOT: join(folder, 'none'),
      FFLEET_OUTPUT_ROOT: join(folder, 'file/out'),
    })
    expect(find('data-dir')).toMatchObject({ ok: true })
    expect(find('media-root')).toMatchObject({ ok: false, found: `${join(folder, 'none')} does not exist` })
    expect(find('output-root')).toMatchObject({ ok: false, found: `${join(folder, 'file')} is no folder` })
    expect(healthy).toBe(false)
  })

  test.skipIf(process.getuid?.() !== 0)('a folder this user may not write is said to be so', async () => {
    const data = await aFolder()
    const reports = join(data, 'told')
    for (const folder of [join(data, 'outputs'), reports]) await mkdir(folder)
    await chmod(data, 0o755)
    const asNobody = [findExecutable('setpriv')!, '--reuid=65534', '--clear-groups', process.execPath]
    const answer = doctor([], { FFLEET_DATA_DIR: data, FFLEET_REPORT_ROOT: reports, HOME: '/' }, asNobody)
    expect(find(answer, 'output-root')).toMatchObject({
      ok: false,
      found: `${join(data, 'outputs')} may not be written by this user`,
    })
    expect(find(answer, 'report-root')).toMatchObject({
      ok: false,
      found: `${reports} may not be written by this user`,
      hint: 'FFLEET_REPORT_ROOT takes a folder that this user may write in.',
    })
  })

  test.skipIf(!canMount)('little space, and a scratch folder on another disk, cost something', async () => {
    const outputs = join(await aFolder(), 'outputs')
    mountTmpfs(outputs, 1024 * 1024)
    mountTmpfs(join(outputs, '.ffleet'), 1024 * 1024)
    const { find, healthy } = await checks({ FFLEET_OUTPUT_ROOT: outputs })
    expect(find('output-root')).toMatchObject({ ok: false, needed: false, hint: expect.stringContaining('Free space') })
    expect(find('scratch')).toMatchObject({ ok: false, needed: false })
    expect(healthy).toBe(true)
  })

  long("presets of one's own are read", async () => {
    const folder = await aFolder()
    const { list } = await loadPresets()
    const preset = { ...list()[0], name: 'ours' }
    await writeFile(join(folder, 'ours.json'), JSON.stringify(preset))
    const of = async (dir: string) => (await checks({ FFLEET_PRESETS_DIR: dir })).find('presets')
    expect(await of(folder)).toMatchObject({ ok: true, found: `1 preset in ${folder}` })
    await writeFile(join(folder, 'ours.json'), JSON.stringify({ ...preset, container: 'avi' }))
    expect(await of(folder)).toMatchObject({ ok: false, needed: true, found: expect.stringContaining('ours.json') })
    expect(await of(join(folder, 'none'))).toMatchObject({ ok: false, found: expect.stringContaining('ENOENT') })
    expect((await checks({})).find('presets')).toBeUndefined()
  })

  test('every setting that is wrong is a finding, and the rest is still checked', async () => {
    const folder = await aFolder()
    const answer = doctor([], { FFLEET_PORT: 'x', FFLEET_SLOTS: '-1', FFLEET_SLOT: '2', FFLEET_DATA_DIR: folder })
    const settings = answer.checks.filter(({ id }) => id === 'settings')
    expect(settings.map(({ found }) => found)).toEqual([
      'FFLEET_PORT is "x"',
      'FFLEET_SLOTS is "-1"',
      'FFLEET_SLOT is no setting of ffleet; did you mean FFLEET_SLOTS?',
    ])
    expect(find(answer, 'ffmpeg')).toMatchObject({ ok: true })
    expect(find(answer, 'data-dir')).toMatchObject({ ok: true, found: expect.stringContaining(folder) })
    expect(answer.status).toBe(1)
    const warned = doctor([], { FFLEET_SLOT: '2', FFLEET_DATA_DIR: await aFolder() })
    expect(find(warned, 'settings')).toMatchObject({
      ok: false,
      needed: false,
      found: expect.stringContaining('FFLEET_SLOTS'),
    })
    expect(warned.status).toBe(0)
  })
})

describe('on a machine of a fleet', () => {
  const fleetRoots = async () => {
    const redis = await startRedis()
    onTestFinished(() => redis.stop())
    const folder = await aFolder()
    const env = {
      FFLEET_REDIS_URL: redis.url,
      FFLEET_DATA_DIR: join(folder, 'data'),
      FFLEET_MEDIA_ROOT: join(folder, 'media'),
      FFLEET_OUTPUT_ROOT: join(folder, 'outputs'),
    }
    for (const name of ['data', 'media', 'outputs', 'elsewhere']) await mkdir(join(folder, name))
    await writeFile(join(folder, 'media/in.mp4'), 'x')
    const storage = openStorage(loadConfig(env))
    const queue = await createQueue({ redis: redis.url })
    onTestFinished(() => queue.close())
    const held = await holdRoots({ queue, storage, log: createLog({ logLevel: 'silent' }) })
    if ('stop' in held) onTestFinished(held.stop)
    return { env, elsewhere: join(folder, 'elsewhere') }
  }

  test("its folders are said to be the fleet's, or which one is not", async () => {
    const { env, elsewhere } = await fleetRoots()
    const of = async (over: NodeJS.ProcessEnv) => (await checks({ ...env, ...over })).find('fleet-roots')
    expect(await of({})).toMatchObject({ ok: true })
    for (const key of ['FFLEET_MEDIA_ROOT', 'FFLEET_OUTPUT_ROOT']) {
      const finding = await of({ [key]: elsewhere })
      expect(finding).toMatchObject({
        ok: false,
        needed: true,
        found: expect.stringContaining(`${key} is ${elsewhere}`),
      })
    }
    expect(await of({ FFLEET_DATA_DIR: elsewhere })).toMatchObject({ ok: false, needed: false })
  })
})

describe('hardware encoders', () => {
  const stoodIn = (more: Record<string, string> = {}) => ({
    FFLEET_FFMPEG: fileURLToPath(new URL('../../../fixtures/programs/hardware-encoders.mjs', import.meta.url)),
    FFLEET_STAND_IN_ENCODERS: 'hevc_nvenc',
    FFLEET_SANDBOX: 'none',
    ...more,
  })

  long('are those whose trial passes', async () => {
    const data = { FFLEET_DATA_DIR: await aFolder() }
    expect(find(doctor([], { ...data, FFLEET_HARDWARE: 'none' }), 'hardware')).toMatchObject({
      ok: true,
      found: 'none, as FFLEET_HARDWARE says: everything is encoded in software',
    })
    expect(find(doctor([], { ...data, ...stoodIn({ FFLEET_HARDWARE: 'nvenc' }) }), 'hardware')).toMatchObject({
      ok: true,
      found: 'hevc_nvenc (8 and 10 bits): trials passed',
    })
  })

  long('are told with what the driver said where none does', async () => {
    const env = { FFLEET_DATA_DIR: await aFolder(), FFLEET_HARDWARE: 'nvenc', FFLEET_STAND_IN_NODE: '/nowhere' }
    expect(find(doctor([], stoodIn(env)), 'hardware')).toMatchObject({
      ok: false,
      needed: false,
      found: expect.stringContaining('No capable devices found'),
      hint: expect.stringContaining('FFLEET_HARDWARE=none'),
    })
  })
})
