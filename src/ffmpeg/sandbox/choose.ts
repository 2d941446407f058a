import { dieWithParent } from '../die-with-parent.js'
import type { Enclosure } from '../enclosure.js'
import type { Obstacle } from './causes.js'
import { findSandbox, type SandboxNeeds } from './find-sandbox.js'
import { withLimits } from './limited.js'

export type SandboxMode = 'auto' | 'bwrap' | 'none'

/** What encloses ffmpeg from now on. `obstacle`: why that is no sandbox though one was looked for. */
export type Choice = { enclosure: Enclosure; obstacle: Obstacle | null }

/** A sandbox is asked for and can't be had. */
export class NoSandboxError extends Error {
  override readonly name = 'NoSandboxError'
  constructor(readonly obstacle: Obstacle) {
    super(`ffmpeg can't be sandboxed. ${obstacle.cause} ${obstacle.remedy}`)
  }
}

/**
 * By the setting: `bwrap` a sandbox or nothing, `auto` a sandbox where there can be one, else limits, `none` neither.
 * `mustHave`: who can send files here is not known, so that without a sandbox only `none`, by name, will do.
 *
 * @throws NoSandboxError
 */
export async function chooseEnclosure(
  mode: SandboxMode,
  needs: SandboxNeeds,
  { mustHave = false }: { mustHave?: boolean } = {},
): Promise<Choice> {
  if (mode === 'none') return { enclosure: dieWithParent(), obstacle: null }
  const { sandbox, obstacle } = await findSandbox(needs)
  if (sandbox !== null) return { enclosure: sandbox, obstacle: null }
  if (mode === 'bwrap' || mustHave) throw new NoSandboxError(obstacle)
  return { enclosure: withLimits(needs.limits), obstacle }
}
