/** The way from nothing to a server that asks for keys. */
import { chmod, copyFile, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { addKey, revokeKey } from '../../../src/callers/index.js'
import { checkKeys } from '../../../src/cli/doctor/callers.js'
import { loadConfig } from '../../../src/config/index.js'
import { run } from '../../docs/program.js'
import { CLI_COMMAND, cli, startCli } from '../../helpers/cli.js'
import { aFolder } from '../../helpers/folder.js'
import { waitFor } from '../../helpers/wait-for.js'

type Check = { id: string; ok: boolean; needed: boolean; found: string; hint: string }

test('--first-key makes a key once, shows it once, and lets nobody in again who lost it', async () => {
  const folder = await aFolder()
  const env = { FFLEET_DATA_DIR: join(folder, 'data'), FFLEET_KEYS_FILE: join(folder, 'keys.json'), FFLEET_PORT: '0' }
  await mkdir(join(folder, 'data', 'media'), { recursive: true })
  const up = async () => {
    const started = startCli(['up', '--workers', '0', '--first-key'], { env })
    onTestFinished(() => void started.child.kill('SIGKILL'))
    await waitFor(() => expect(started.stdout + started.stderr).toContain('ffleet is up.'), { timeout: 60_000 })
    const url = /^ *API +(\S+)$/m.exec(started.stdout)![1]!
    const status = async (key?: string) =>
      (await fetch(`${url}/v1/queue`, { headers: key ? { authorization: `Bearer ${key}` } : {} })).status
    const stop = () => {
      started.child.kill('SIGINT')
      return started.ended
    }
    return { shown: /first key +(ffleet_\S+)/.exec(started.stdout)?.[1], status, stop }
  }
  const first = await up()
  expect([await first.status(), await first.status(first.shown)]).toEqual([401, 200])
  expect((await stat(env.FFLEET_KEYS_FILE)).mode & 0o777).toBe(0o600)
  expect(await readFile(env.FFLEET_KEYS_FILE, 'utf8')).not.toContain(first.shown!)
  await first.stop()

  await revokeKey(env.FFLEET_KEYS_FILE, 'admin')
  const second = await up()
  expect([second.shown, await second.status(first.shown)]).toEqual([undefined, 401])
  await second.stop()
}, 180_000)

test('--first-key needs to know where, and says what is in its way', async () => {
  const folder = await aFolder()
  const env = { FFLEET_DATA_DIR: folder, FFLEET_PORT: '0' }
  await mkdir(join(folder, 'media'))
  const nowhere = await cli(['up', '--workers', '0', '--first-key'], { env })
  expect([nowhere.code, nowhere.stderr]).toEqual([1, expect.stringContaining('FFLEET_KEYS_FILE')])
  const FFLEET_KEYS_FILE = join(folder, 'none', 'keys.json')
  const missing = await cli(['up', '--workers', '0', '--first-key'], { env: { ...env, FFLEET_KEYS_FILE } })
  expect([missing.code, missing.stderr]).toEqual([2, expect.stringMatching(/a file that ffleet may make: .*ENOENT/)])
})

test('an address that others reach is refused without keys, with two commands that are enough', async () => {
  const folder = await aFolder()
  const env = { FFLEET_DATA_DIR: join(folder, 'data'), FFLEET_HOST: '0.0.0.0', HOME: folder }
  const refused = await cli(['up', '--workers', '0'], { env })
  expect(refused.code).toBe(2)
  const commands = refused.stderr.split('\n').filter((line) => /^ {4}\S/.test(line))
  expect(commands).toHaveLength(2)
  const shell = ['ffleet() {', `${CLI_COMMAND} "$@"`, '}', ...commands, 'ffleet doctor --json']
  const typed = await run(['sh', '-eu', '-c', shell.join('\n')], { cwd: folder, env })
  const answer = typed.stdout.slice(typed.stdout.indexOf('{'))
  const checks = (JSON.parse(answer) as { checks: Check[] }).checks
  expect(checks.filter(({ ok, needed }) => needed && !ok)).toEqual([])
  expect(checks.filter(({ id }) => ['keys', 'tls'].includes(id))).toMatchObject([
    { id: 'keys', ok: true },
    { id: 'tls', ok: false, needed: false, found: expect.stringContaining('0.0.0.0') },
  ])
})

test('doctor looks at the keys', async () => {
  const folder = await aFolder()
  const env = { FFLEET_DATA_DIR: join(folder, 'data'), FFLEET_KEYS_FILE: join(folder, 'keys.json') }
  const keys = (own = env) => checkKeys(loadConfig(own))
  expect(await keys()).toMatchObject([{ ok: false, needed: true, found: expect.stringContaining('ENOENT') }])
  await addKey(env.FFLEET_KEYS_FILE, { name: 'app', role: 'submit', tenant: null })
  expect(await keys()).toMatchObject([{ ok: false, needed: false, found: expect.stringContaining('0 of role admin') }])
  await addKey(env.FFLEET_KEYS_FILE, { name: 'admin', role: 'admin', tenant: null })
  expect(await keys()).toMatchObject([
    { ok: true, found: expect.stringMatching(/^2 valid keys in .*, 1 of role admin$/) },
  ])

  await chmod(env.FFLEET_KEYS_FILE, 0o644)
  expect(await keys()).toMatchObject([
    { ok: true },
    { ok: false, needed: true, found: expect.stringContaining('0644') },
  ])
  await chmod(env.FFLEET_KEYS_FILE, 0o600)
  const shared = { ...env, FFLEET_KEYS_FILE: join(folder, 'data', 'keys.json') }
  await mkdir(join(folder, 'data'))
  await copyFile(env.FFLEET_KEYS_FILE, shared.FFLEET_KEYS_FILE)
  expect(await keys(shared)).toMatchObject([
    { ok: true },
    { ok: false, found: expect.stringContaining('FFLEET_DATA_DIR') },
  ])

  for (const name of ['app', 'admin']) await revokeKey(env.FFLEET_KEYS_FILE, name)
  expect(await keys()).toMatchObject([{ ok: false, needed: true, found: expect.stringContaining('0 valid keys') }])
  await writeFile(env.FFLEET_KEYS_FILE, '{"keys":[{}]}')
  expect(await keys()).toMatchObject([
    { ok: false, needed: true, found: expect.stringContaining('holds no keys of ffleet') },
  ])
  await rm(env.FFLEET_KEYS_FILE)
})
