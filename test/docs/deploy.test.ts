/** What the deployment guide configures is what ffleet takes; of docker-compose.yml it is told in `test/unit/packaging.test.ts`. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { type Config, loadConfig } from '../../src/config/index.js'
import { readDocPage } from './pages.js'
import { isInstalled, run } from './program.js'

const { blocks } = readDocPage('docs/guides/deploy.md')
const blockOf = (language: string) => blocks.find((block) => block.language === language)!.code

const hasSystemd = await isInstalled('systemd-analyze')

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ffleet-deploy-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const MINUTE_MS = 60_000

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

describe('the pods of Kubernetes', () => {
  type Pod = {
    spec: {
      hostUsers?: boolean
      securityContext: object
      containers: { name: string; args: string[]; env: { name: string; value: string }[]; securityContext: object }[]
    }
  }
  const pods = blocks
    .filter(({ language, code }) => language === 'yaml' && /^spec:/.test(code))
    .map(({ code }) => parse(code) as Pod)

  it('are an API and a worker, with settings that ffleet takes', () => {
    expect(pods.flatMap(({ spec }) => spec.containers.map(({ args }) => args[0]))).toEqual(['api', 'worker'])
    for (const { spec } of pods) {
      for (const { env } of spec.containers) read(Object.fromEntries(env.map(({ name, value }) => [name, value])))
    }
  })

  it('are a user, on a file system that cannot be written, without capabilities', () => {
    for (const { spec } of pods) {
      expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 })
      for (const { securityContext } of spec.containers) {
        expect(securityContext).toMatchObject({
          readOnlyRootFilesystem: true,
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'] },
        })
      }
    }
  })
})
