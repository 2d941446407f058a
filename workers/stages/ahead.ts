/** An encode that begins while its input is still being fetched, where the front of the file tells what the rest is. */
import { constants } from 'node:fs'
import { open, rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { type NormalizedOutput, playsWhileEncoding } from '../../src/contract/index.js'
import { fromPipe, type PassGroup, tellsTheSame } from '../../src/plan/index.js'
import { type Front, factsByFront, readFront } from '../../src/probe/index.js'
import { ProgressEstimator } from '../../src/progress/index.js'
import type { Growing } from '../../src/spool/index.js'
import type { AttemptContext } from '../context.js'
import { watchSpace } from '../space-watch.js'
import { type Encoded, encodeGroup } from './encode.js'
import { linkTo } from './fetch.js'
import { makeFolders, planJob } from './plan.js'

/** Copied at once of the front. */
const COPY_BYTES = 1024 ** 2

/**
 * Nothing that goes wrong with it is told but by its giving no result: what the file is, and why a job fails, is found out by the whole
 * file.
 */
export type Ahead = {
  /** ffmpeg runs. */
  isEncoding(): boolean
  /** What it made, where the plan of the whole file is the one that it ran by; null: nothing, and nothing of it is left. */
  result(groups: readonly PassGroup[]): Promise<Encoded | null>
  /** What it made is not what it should be. */
  discard(groups: readonly PassGroup[]): Promise<void>
  /** Nothing of it runs any more when this resolves. */
  stop(): Promise<void>
}

/** Without it. */
export const NOT_AHEAD: Ahead = {
  isEncoding: () => false,
  result: async () => null,
  discard: async () => {},
  stop: async () => {},
}

type Begun = { groups: readonly PassGroup[]; encoded: Promise<Encoded> }

/** Begins once the front is here, and ffmpeg is given the rest as it comes. `makeFolder`: makes the attempt's folder, once. */
export function encodeAhead(
  context: AttemptContext,
  file: Growing,
  outputs: NormalizedOutput[],
  makeFolder: () => Promise<unknown>,
): Ahead {
  const stopper = new AbortController()
  let begun = null as Begun | null
  let isEncoding = false

  async function begin(): Promise<void> {
    const planned = await planAhead(context, file, outputs, makeFolder)
    if (planned === null) return
    const { groups, group } = planned
    await makeFolders(context, groups)
    stopper.signal.throwIfAborted()
    isEncoding = true
    begun = { groups, encoded: encode(group) }
    await begun.encoded
  }

  async function encode(group: PassGroup): Promise<Encoded> {
    let isStarved = false
    const stdin = {
      chunks: file.chunks((waits) => {
        isStarved = waits
      }),
      signal: stopper.signal,
      isStarved: () => isStarved,
    }
    const unwatch = watchSpace(context, outputs.length)
    const estimator = new ProgressEstimator(group.passes.map(({ plan }) => plan))
    const run = { inputs: [], estimator, firstPass: 0, keptFrom: [], stdin }
    return encodeGroup(context, group, run).finally(unwatch)
  }

  const over = begin()
    .catch((error: unknown) => {
      isEncoding = false
      context.log.info({ err: error }, 'the encode does not begin while the input is fetched, or ended too early')
      // Until the whole file is here, there is nothing to do but to fetch it.
      if (begun !== null && !stopper.signal.aborted && !file.isWhole) context.phase('fetching')
    })
    .finally(() => {
      isEncoding = false
      return file.close()
    })

  const ahead: Ahead = {
    isEncoding: () => isEncoding,
    async result(groups) {
      if (begun === null) await ahead.stop()
      if (begun === null) return null
      const { encoded, groups: planned } = begun
      if (tellsTheSame(planned, groups)) {
        const made = await encoded.catch(() => null)
        context.signal.throwIfAborted()
        if (made !== null) return made
      }
      await ahead.discard(groups)
      return null
    },
    async discard(groups) {
      await ahead.stop()
      tellDiscarded(context)
      const made = [...(begun?.groups ?? []), ...groups].flatMap((group) => group.outputs)
      for (const { relativePath } of made) {
        await rm(join(context.folder, relativePath), { recursive: true, force: true })
      }
      begun = null
      await makeFolders(context, groups)
      context.lastResult = null
    },
    async stop() {
      stopper.abort(new Error('it is not wanted any more'))
      await file.close()
      await over
    },
  }
  return ahead
}

function tellDiscarded({ outbox, attempt }: AttemptContext): void {
  const text =
    'What was encoded while the input was fetched is thrown away: it was not what the whole file needs. It is encoded anew, from the whole file.'
  outbox.post((number) => attempt.log(number, 'warning', text))
}

/** The plan by the front of the file, and its one group as it is run; null: it needs the whole file. */
async function planAhead(
  context: AttemptContext,
  file: Growing,
  outputs: NormalizedOutput[],
  makeFolder: () => Promise<unknown>,
): Promise<{ groups: PassGroup[]; group: PassGroup } | null> {
  const { input } = context.request
  const isPlain = input.startMs === null && input.endMs === null && !input.subtitles && !context.request.command
  const isUsual = outputs.every((output) => output.split === undefined && !playsWhileEncoding(output))
  if (!isPlain || !isUsual) return null
  const front = await frontOf(file)
  if (front === null) return null
  await makeFolder()
  const link = linkTo(file, 0)
  const probe = await probeFront(context, file, front)
  if (probe === null) return null
  const groups = planJob(context, [{ uri: input.uri, link, probe }], outputs, context.hardwareHold.usable())
  const group = fromPipe(groups, link)
  return group && { groups, group }
}

async function frontOf(file: Growing): Promise<Extract<Front, { kind: 'ready' }> | null> {
  let wanted = 1
  for (;;) {
    await file.reached(wanted)
    const front = readFront(await file.descriptor(), file.front, file.bytes)
    if (front.kind === 'no') return null
    if (front.kind === 'ready') {
      await Promise.all([file.reached(front.bytes), front.endBytes > 0 && file.endReached(front.endBytes)])
      return front
    }
    wanted = front.bytes
  }
}

/** Reads a copy of the front, and of the end where that is needed: what is here of the rest by chance decides nothing. */
async function probeFront(context: AttemptContext, file: Growing, front: Extract<Front, { kind: 'ready' }>) {
  const path = join(context.folder, 'front')
  try {
    await copyPart(file, 0, front.bytes, path)
    if (front.endBytes > 0) await copyPart(file, file.bytes - front.endBytes, file.bytes, path)
    // An index says where packets are that are not here, which lie in the file by that.
    if (front.isIndexed) await truncate(path, file.bytes)
    const probe = await context.prober.probe(path, { signal: context.signal, isFront: true })
    return factsByFront(probe, front, file.bytes)
  } finally {
    await rm(path, { force: true })
  }
}

/** To the same place in the copy, which is sparse beside it. */
async function copyPart(file: Growing, from: number, to: number, path: string): Promise<void> {
  const copy = await open(path, constants.O_WRONLY | constants.O_CREAT, 0o600)
  try {
    for (let at = from; at < to; ) {
      const chunk = await file.read(at, Math.min(COPY_BYTES, to - at))
      await copy.write(chunk, 0, null, at)
      at += chunk.length
    }
  } finally {
    await copy.close()
  }
}
