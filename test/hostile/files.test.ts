/** Hostile files, each run by a real worker under an innocent name, with the sandbox and without: how it ends, and that nothing leaks. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findSandbox } from '../../src/ffmpeg/index.js'
import { some } from '../helpers/long.js'
import { type Canary, hideSecret, startCanary } from './canary.js'
import type { FileAttack } from './files/attack.js'
import { FILE_ATTACKS } from './files/index.js'
import { type Harness, spelledBy, startHarness } from './harness.js'

const ATTACKS = FILE_ATTACKS.flatMap(({ attacks }) => attacks)
/** Jobs at a time: two run, and two wait. */
const AT_ONCE = 4
const RUN_MS = 300_000

const limits = { maxMemoryBytes: 2 ** 33, maxCpuMs: 3_600_000, maxOutputBytes: 2 ** 30 }
const { obstacle } = await findSandbox({ programs: [], limits, variables: [], hidden: [] })
const ENCLOSURES = obstacle ? (['none'] as const) : (['none', 'bwrap'] as const)

test('no two attacks share a file', () => {
  expect(new Set(ATTACKS.map(({ file }) => file)).size).toBe(ATTACKS.length)
})

/** What makes the rest mean something: an ffmpeg that nobody holds back falls for these files. */
describe('a bare ffmpeg falls for', () => {
  let folder: string
  let canary: Canary
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ffleet-careless-'))
    canary = await startCanary()
  })
  afterAll(async () => {
    await canary.close()
    await rm(folder, { recursive: true, force: true })
  })

  test.each(ATTACKS.filter(({ careless }) => careless))('$name', async ({ file, bytes, careless }) => {
    const secret = await hideSecret(join(folder, 'secret'))
    const fromMedia = (path: string) => relative(folder, path)
    const path = join(folder, file)
    await writeFile(path, await bytes({ host: `127.0.0.1:${canary.port}`, canary, secret, fromMedia }))
    const before = canary.hits.length
    const spelled = await spelledBy([...careless!, '-i', path])
    expect(canary.hits.length > before || spelled.includes(secret.text)).toBe(true)
  })
})

describe.each(ENCLOSURES)('with the sandbox %s', (sandbox) => {
  const KINDS = FILE_ATTACKS.map(({ kind, attacks }) => ({
    kind,
    attacks: some(attacks, sandbox === ENCLOSURES.at(-1) ? 2 : 6),
  }))
  let harness: Harness
  let contained = 0
  type Outcome = { how: string; leaks: string[]; error?: unknown }
  const outcomes = new Map<FileAttack, Outcome>()

  beforeAll(async () => {
    harness = await startHarness({ FFLEET_SANDBOX: sandbox })
    const waiting = KINDS.flatMap(({ attacks }) => attacks)
    const run = async () => {
      for (let attack = waiting.shift(); attack; attack = waiting.shift()) {
        outcomes.set(attack, await outcomeOf(attack).catch((error) => ({ how: 'lost', leaks: [], error })))
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, run))
  }, RUN_MS)
  afterAll(async () => {
    const hits = harness.canary.hits.length
    console.info(
      `hostile files, sandbox ${sandbox}: ${outcomes.size} tried, ${contained} contained, canary hits ${hits}`,
    )
    await harness.stop()
  })

  async function outcomeOf(attack: FileAttack): Promise<Outcome> {
    const job = await harness.attack(attack)
    const leaks = [...harness.leaksIn(await harness.toldOf(job.id)), ...(await harness.leaksInOutputs(job))]
    return { how: job.error?.code ?? job.state, leaks }
  }

  describe.each(KINDS)('$kind', ({ attacks }) => {
    test.each(attacks)('$name: $ends', (attack) => {
      const { how, leaks, error } = outcomes.get(attack)!
      expect(error).toBeUndefined()
      expect(how).toBe(attack.ends)
      expect(leaks).toEqual([])
      contained += 1
    })
  })

  test('the canary heard nothing, and no log tells the secret', () => {
    expect(harness.canary.hits).toEqual([])
    expect(harness.leaksInLogs()).toEqual([])
  })

  test('the worker still works, in the one process it began in', async () => {
    const [worker] = await harness.stack.client.workers()
    expect(worker).toMatchObject({ pid: harness.stack.workers[0]!.pid, state: 'running', busy: 0 })
  })
})
