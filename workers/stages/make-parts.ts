/** The parts of an output: those that are kept, those that are made here, and those that slots with nothing else to do make. ADR 49. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { FfmpegResult } from '../../src/ffmpeg/index.js'
import { inParallel } from '../../src/in-parallel.js'
import type { Pass } from '../../src/plan/index.js'
import type { ProgressEstimator } from '../../src/progress/index.js'
import { type AttemptContext, AttemptStopped, throwIfStopped } from '../context.js'
import type { FetchedInput } from './fetch.js'
import { keptPart, makePart, nameOf, type Part, type PassSaid, type PlacedPass, sharePart } from './parts.js'
import { SharedParts } from './shared-parts.js'

/** Of a bucket, or an API, that is far away. */
const LOOKS_AT_ONCE = 8
/** How often it is looked at what others made. */
const LOOK_EVERY_MS = 1_000
/** The same where nothing is left but to wait for them. */
const WAIT_MS = 250

/** Where the files of each part are, in their order, and what was said as they were made. */
export async function makeParts(
  context: AttemptContext,
  { passes, input, estimator }: { passes: readonly PlacedPass[]; input: FetchedInput; estimator: ProgressEstimator },
  encode: (pass: Pass, index: number) => Promise<FfmpegResult>,
): Promise<{ paths: string[][]; said: PassSaid[] }> {
  const parts: Part[] = []
  for (const placed of passes) parts.push({ ...placed, name: await nameOf(context, input, placed.pass) })
  const said: PassSaid[] = []
  const paths = new Map<Part, string[]>()
  await inParallel(parts, LOOKS_AT_ONCE, context.signal, async (part) => {
    const kept = await keptPart(context, part.pass, part.name)
    if (kept !== null) paths.set(part, kept)
  })
  const shared = new SharedParts(context, estimator, parts, { paths, said })
  const over = new AbortController()
  const looked = lookNowAndThen(context, shared, over.signal)
  // One behind another, while the next ones are encoded.
  let sharing = Promise.resolve()
  try {
    for (;;) {
      throwIfStopped(context.signal)
      const part = await shared.takeOne()
      if (part === 'all made') break
      if (part === 'made elsewhere') {
        await sleep(WAIT_MS, undefined, { signal: context.signal }).catch(() => {})
        continue
      }
      const made = await makePart(context, input, part, () => encode(part.pass, part.index))
      paths.set(part, made.paths)
      if (made.result === null) continue
      said.push(made.result)
      sharing = sharing.then(() => sharePart(context, part, AbortSignal.any([context.signal, over.signal])))
    }
    return { paths: parts.map((part) => paths.get(part)!), said }
  } finally {
    // Once all are made, nobody goes on with them.
    over.abort()
    await sharing
    await context.told(looked).catch(() => {})
    // Where all are made, none is on offer.
    if (!goesOn(context)) await context.told(shared.withdraw())
  }
}

/** Whether another attempt follows at once, for which others may go on. */
function goesOn({ signal }: AttemptContext): boolean {
  const { reason } = signal
  return reason instanceof AttemptStopped && (reason.reason.kind === 'released' || reason.reason.kind === 'lost')
}

async function lookNowAndThen(context: AttemptContext, shared: SharedParts, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    // Alone it takes longer, and comes to the same.
    await shared.look().catch((error) => context.log.warn({ err: error }, 'parts of others can not be looked at'))
    await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => {})
  }
}
