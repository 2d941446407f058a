/** Ladders that are played while they are still encoded: beside ffmpeg, segments are cut, verified and shown as they come. */
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type OutputWarning, type Playable, playsWhileEncoding } from '../../src/contract/index.js'
import { type Cutting, type EarlyLadder, openEarlyLadder, startCutting } from '../../src/ladder/index.js'
import type { GroupOutput, PassGroup } from '../../src/plan/index.js'
import { earlyFolder } from '../../src/storage/index.js'
import { verifySegments } from '../../src/verify/index.js'
import type { AttemptContext } from '../context.js'
import { refusedByDisk } from './refused-by-disk.js'

/** How long after one look at what ffmpeg has written the next one begins. */
const LOOK_EVERY_MS = 500

const UNSEEN =
  'The ladder could be played only when it was complete: what this worker has not finished lies where the API does not see it.'
const BEGUN_ANEW = 'The ladder could be played only when it was complete: its encode had to be begun anew.'

/** What of a group is played early. */
export type Early = {
  /** By output: what has cut it so far, for who finishes it. */
  readonly cuttings: ReadonlyMap<string, Cutting>
  /** Folders that ffmpeg of the group must not write to. */
  readonly keptFrom: readonly string[]
  warnings(output: string): OutputWarning[]
  /** No look is under way any more when this resolves, and none follows. */
  stop(): Promise<void>
  /** What was shown is shown no more: something else will be made. */
  withdraw(): Promise<void>
  close(): Promise<void>
}

type Shown = {
  output: GroupOutput
  path: string
  /** Where segments are cut to, and where they are shown. */
  folders: readonly string[]
  cutting: Cutting
  ladder: EarlyLadder
}

/**
 * Looks at what ffmpeg writes until it is stopped. A segment that is not what it should be stops the attempt. What an attempt had to begin
 * anew is not shown again.
 */
export async function startEarly(context: AttemptContext, group: PassGroup): Promise<Early> {
  const asked = group.outputs.filter(({ name }) =>
    context.request.outputs.some((output) => output.name === name && playsWhileEncoding(output)),
  )
  const again = new Set(asked.flatMap(({ name }) => (context.playable.has(name) ? [name] : [])))
  const isSeen = context.storage.outputs.showsUnfinished
  const shown: Shown[] = []
  for (const output of asked) {
    if (isSeen && !again.has(output.name)) shown.push(await open(context, output))
    context.playable.set(output.name, null)
  }
  const stopper = new AbortController()
  const looking = shown.length === 0 ? Promise.resolve() : look(context, shown, stopper.signal)
  return {
    cuttings: new Map(shown.map(({ output, cutting }) => [output.name, cutting])),
    keptFrom: shown.flatMap(({ folders }) => folders),
    warnings(name) {
      const detail = again.has(name) ? BEGUN_ANEW : UNSEEN
      const isLate = again.has(name) || (!isSeen && asked.some((output) => output.name === name))
      return isLate ? [{ code: 'NOT_PLAYABLE_EARLY', detail }] : []
    },
    async stop() {
      stopper.abort()
      await looking
    },
    async withdraw() {
      for (const { output } of shown) {
        await rm(join(context.folder, earlyFolder(output.name)), { recursive: true, force: true })
        if (context.playable.get(output.name)) tell(context, output.name, null)
      }
    },
    async close() {
      for (const { cutting } of shown) await cutting.close()
    },
  }
}

async function open({ folder, signal }: AttemptContext, output: GroupOutput): Promise<Shown> {
  const path = join(folder, output.relativePath)
  const into = join(folder, earlyFolder(output.name))
  // Not all of the output's: what is beside a ladder comes of ffmpeg.
  const tracks = [...output.ladder!.pictures, ...output.ladder!.sounds].map(({ name }) => join(path, name))
  const folders = [...tracks, into]
  for (const each of folders) await mkdir(each)
  const cutting = startCutting(output.ladder!, { folder, into: path, signal })
  return { output, path, folders, cutting, ladder: openEarlyLadder({ from: path, into }) }
}

async function look(context: AttemptContext, all: readonly Shown[], stopped: AbortSignal): Promise<void> {
  try {
    while (!stopped.aborted && !context.signal.aborted) {
      for (const each of all) await showMore(context, each)
      await sleep(LOOK_EVERY_MS, undefined, { signal: stopped }).catch(() => {})
    }
  } catch (error) {
    // Whoever stopped the attempt said why; else this is why.
    context.stop({ kind: 'limit', error: refusedByDisk(error) as Error })
  }
}

async function showMore(context: AttemptContext, { output, path, cutting, ladder }: Shown): Promise<void> {
  const { folder, capabilities, signal } = context
  const cut = await cutting.advance()
  const due = cut === null ? [] : ladder.due(cut)
  if (due.length === 0) return
  for (const each of due) await verifySegments(each, { path, folder, capabilities, signal })
  await ladder.show(cut!, due)
  if (context.playable.get(output.name) === null) tell(context, output.name, playableNow(context, output.name))
}

function playableNow({ jobId, attempt, begunMs }: AttemptContext, name: string): Playable {
  return {
    afterMs: Math.round(performance.now() - begunMs),
    href: `/v1/jobs/${jobId}/early/${attempt.number}/${name}/master.m3u8`,
    attempt: attempt.number,
  }
}

function tell({ attempt, outbox, playable }: AttemptContext, name: string, is: Playable | null): void {
  playable.set(name, is)
  outbox.post((number) => attempt.outputPlayable(number, name, is))
}
