/** Real-life faults, each on a real fleet, against what is right: `fixtures/cases`. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Job, LogEvent, ProgressEvent } from '../../src/contract/index.js'
import { eventFaults, eventsOf } from '../helpers/invariants.js'
import { ALL } from '../helpers/long.js'
import { type Stack, startStack } from '../helpers/stack.js'
import { CHECKS } from './checks.js'
import { ffmpeg, type Made } from './measure.js'

type Outcome = { state?: 'completed' | 'failed'; codes?: string; detail?: string; unlike?: string } & Record<
  string,
  unknown
>
type Case = {
  id: string
  /** A variant of another one: left out of `npm test`. */
  long?: true
  why: string
  file: string
  preset: string
  input?: { startMs?: number; endMs?: number }
  expect: Outcome | Outcome[]
}

const FOLDER = resolve(import.meta.dirname, '../../fixtures/cases')
const CASES = (JSON.parse(readFileSync(join(FOLDER, 'cases.json'), 'utf8')) as Case[]).filter(
  ({ long = false }) => ALL || !long,
)

let media: string
let stack: Stack
const jobs = new Map<string, Job>()

beforeAll(async () => {
  media = mkdtempSync(join(tmpdir(), 'ffleet-test-cases-'))
  execFileSync('sh', [join(FOLDER, 'make.sh'), media])
  stack = await startStack({ mediaRoot: media, env: { FFLEET_SLOTS: '2', FFLEET_STATS_PERIOD_MS: '100' } })
  for (const { id, file, preset, input } of CASES) {
    jobs.set(id, await stack.client.submit({ input: { uri: file, ...input }, outputs: [{ preset }] }))
  }
}, 240_000)
afterAll(async () => {
  await stack?.stop()
  rmSync(media, { recursive: true, force: true })
})

async function faultsOf({ state = 'completed', codes, detail, unlike, ...checks }: Outcome, job: Job, made: Made) {
  const faults: string[] = []
  const { error } = job
  if (job.state !== state) return [`${job.state}: ${error?.code} ${error?.detail}`]
  if (error !== null) {
    const said = `${error.detail} ${error.hint}`
    if (codes && !new RegExp(`^(?:${codes})$`).test(error.code)) faults.push(`code ${error.code}`)
    if (detail && !new RegExp(detail, 'i').test(error.detail)) faults.push(`detail "${error.detail}"`)
    if (unlike && new RegExp(unlike, 'i').test(said)) faults.push(`misleads: "${said}"`)
    if (error.retryable || job.attempt > 1) faults.push(`tried ${job.attempt} times`)
    if (existsSync(made.output)) faults.push('left an output')
    return faults
  }
  if (!made.isFolder) {
    const maps = ['-map', '0:v?', '-map', '0:a?']
    const { ok, stderr } = await ffmpeg(
      '-v',
      'error',
      '-i',
      made.output,
      ...maps,
      '-fps_mode',
      'passthrough',
      '-f',
      'null',
      '-',
    )
    const errors = stderr.split('\n').filter((line) => line.trim() !== '' && !/monotonically increasing dts/.test(line))
    if (!ok || errors.length > 0) faults.push(`does not decode: ${errors[0]}`)
  }
  for (const [name, wanted] of Object.entries(checks)) {
    const fault = await CHECKS[name]!(made, wanted as never)
    if (fault !== null) faults.push(fault)
  }
  return faults
}

describe('real files', () => {
  it.each(CASES.map((each) => [each.id, each.why, each] as const))(
    '%s: %s',
    async (id, _, { file, expect: outcomes }) => {
      const job = await stack.client.wait(jobs.get(id)!.id)
      const events = await eventsOf(stack, job.id)
      const of = <T>(type: string) => events.filter((event) => event.type === type) as T[]
      const made: Made = {
        input: join(media, file),
        output: join(stack.outputRoot, job.outputs[0]!.path),
        isFolder: job.outputs[0]!.preset === 'thumbnails',
        snapshots: of<ProgressEvent>('progress').map(({ progress }) => progress),
        logs: of<LogEvent>('log'),
        report: (await stack.client.report(job.id)).outputs[0] ?? null,
      }
      expect(eventFaults(events)).toEqual([])
      const all = await Promise.all([outcomes].flat().map((outcome) => faultsOf(outcome, job, made)))
      // One outcome must hold in full; where none does, the nearest tells most.
      expect(all.sort((a, b) => a.length - b.length)[0]).toEqual([])
    },
  )
})
