/** Whether ffmpeg runs in a sandbox here, and what a start in it costs. */
import { sandboxNeeds } from '../../../workers/enclosure.js'
import type { Config } from '../../config/index.js'
import { BARE, type Enclosure, findSandbox, startMs, withLimits } from '../../ffmpeg/index.js'
import { findExecutable } from '../../programs.js'
import { bad, type Finding, good, poor } from './finding.js'

const ROUNDS = 7

export async function checkSandbox(config: Config): Promise<Finding[]> {
  const facts = { id: 'sandbox', title: 'sandbox' }
  if (config.sandbox === 'none') return [good({ ...facts, found: 'none, as FFLEET_SANDBOX says' })]
  // What is wrong with these is said by their own check.
  const programs = [config.ffmpeg, config.ffprobe].map((name) => findExecutable(name)).filter((path) => path !== null)
  const search = await findSandbox(sandboxNeeds(config, programs))
  if (search.sandbox !== null)
    return [good({ ...facts, found: `bubblewrap${costOf(search.sandbox)}${exceptions(search)}` })]
  const { obstacle, missing } = search
  const finding = config.sandbox === 'bwrap' ? bad : poor
  const instead = withLimits(config).name === 'limits' ? 'none, only limits and no new privileges' : 'none'
  return [finding({ ...facts, found: `${instead}. ${obstacle.cause}`, hint: obstacle.remedy, missing })]
}

/** Beside a plain start of a program that does nothing. */
function costOf(sandbox: Enclosure): string {
  const program = findExecutable('true')
  if (program === null) return ''
  const rounds = Array.from({ length: ROUNDS }, () => [startMs(BARE, program), startMs(sandbox, program)] as const)
  const [plain, enclosed] = [median(rounds.map(([ms]) => ms)), median(rounds.map(([, ms]) => ms))]
  return `; a start in it takes ${enclosed.toFixed(1)} ms, ${plain.toFixed(1)} ms without`
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!
}

function exceptions({ unfiltered }: { unfiltered: boolean }): string {
  const unlimited = process.getuid?.() === 0 ? '; of root no processes are counted' : ''
  return unfiltered ? `${unlimited}; system calls are not filtered` : unlimited
}
