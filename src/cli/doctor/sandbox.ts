/** Whether ffmpeg runs in a sandbox here, and what a start in it costs. */
import { spawnSync } from 'node:child_process'
import { sandboxNeeds } from '../../../workers/enclosure.js'
import type { Config } from '../../config/index.js'
import { BARE, type Enclosure, findSandbox } from '../../ffmpeg/index.js'
import { findExecutable } from '../../programs.js'
import { bad, type Finding, good, poor } from './finding.js'

const ROUNDS = 7

export async function checkSandbox(config: Config): Promise<Finding[]> {
  const facts = { id: 'sandbox', title: 'sandbox' }
  if (config.sandbox === 'none') return [good({ ...facts, found: 'none, as FFLEET_SANDBOX says' })]
  // What is wrong with these is said by their own check.
  const programs = [config.ffmpeg, config.ffprobe].map((name) => findExecutable(name)).filter((path) => path !== null)
  const { sandbox, obstacle, missing } = await findSandbox(sandboxNeeds(config, programs))
  if (sandbox !== null) return [good({ ...facts, found: `bubblewrap${costOf(sandbox)}${exemption()}` })]
  const finding = config.sandbox === 'bwrap' ? bad : poor
  return [finding({ ...facts, found: `none. ${obstacle.cause}`, hint: obstacle.remedy, missing })]
}

/** Beside a plain start of a program that does nothing. */
function costOf(sandbox: Enclosure): string {
  const program = findExecutable('true')
  if (program === null) return ''
  const rounds = Array.from({ length: ROUNDS }, () => [startMs(BARE, program), startMs(sandbox, program)] as const)
  const [plain, enclosed] = [median(rounds.map(([ms]) => ms)), median(rounds.map(([, ms]) => ms))]
  return `; a start in it takes ${enclosed.toFixed(1)} ms, ${plain.toFixed(1)} ms without`
}

function startMs(enclosure: Enclosure, path: string): number {
  const [program, ...args] = enclosure.enclose([path], {})
  const sinceMs = performance.now()
  spawnSync(program!, args, { env: enclosure.environment(), stdio: 'ignore' })
  return performance.now() - sinceMs
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!
}

function exemption(): string {
  return process.getuid?.() === 0 ? '; of root no processes are counted' : ''
}
