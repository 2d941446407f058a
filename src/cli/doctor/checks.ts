import type { Config } from '../../config/index.js'
import { checkKeys, checkTls } from './callers.js'
import type { Finding } from './finding.js'
import { checkFleetRoots, checkFolders, checkPresets } from './folders.js'
import { checkHardware } from './hardware.js'
import {
  checkChromium,
  checkFfmpeg,
  checkIp,
  checkNeighbours,
  checkNode,
  checkRedisServer,
  checkSetpriv,
} from './programs.js'
import { checkSandbox } from './sandbox.js'
import { checkWatchRules } from './watch-folders.js'

/**
 * Looks at everything ffleet needs, changing nothing; findings in the order of the checks. `forTests` adds what only
 * ffleet's own tests need.
 */
export async function runChecks(config: Config, options: { forTests?: boolean } = {}): Promise<Finding[]> {
  const checks: Promise<Finding | Finding[]>[] = [
    checkNode(),
    checkFfmpeg(config),
    checkRedisServer(config),
    checkSetpriv(),
    checkSandbox(config),
    checkHardware(config),
    checkFolders(config),
    checkFleetRoots(config),
    checkPresets(config),
    checkKeys(config),
    checkTls(config),
    checkWatchRules(config),
    ...(options.forTests ? [checkChromium(), checkIp(), checkNeighbours()] : []),
  ]
  return (await Promise.all(checks)).flat()
}

/** Whether ffleet can run: nothing needed is wrong. */
export function isHealthy(findings: readonly Finding[]): boolean {
  return findings.every(({ ok, needed }) => ok || !needed)
}
