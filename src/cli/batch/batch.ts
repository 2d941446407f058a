import { createHash } from 'node:crypto'
import { mkdir, realpath } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { FfleetClient } from '../../client/index.js'
import { type Config, readConfig } from '../../config/index.js'
import { forRuns } from '../../config/user-folder.js'
import type { Preset } from '../../contract/index.js'
import { loadPresets, resolve as resolvePreset } from '../../presets/index.js'
import { CommandError, EXIT, UsageError } from '../exit.js'
import { exitCodeOf, type Interruption, interruptible } from '../interrupt.js'
import { print, printJsonLine } from '../print.js'
import { createRenderer } from '../render/index.js'
import type { Skipped } from '../request/inputs.js'
import type { OutputChoice } from '../request/outputs.js'
import { requirePreset } from '../run/plan-local.js'
import { Journal } from './journal.js'
import { doneBefore, finishMade, leftOf, unsettled } from './left.js'
import { onAServer } from './on-a-server.js'
import { onThisMachine } from './on-this-machine.js'
import { findOriginals, type Original } from './originals.js'
import type { Place } from './place.js'
import { type Planned, planBatch } from './plan-batch.js'
import { runBatch } from './run-batch.js'
import type { Replacing } from './settle.js'
import {
  type Ended,
  endText,
  mayGoOn,
  planJson,
  planText,
  progressLine,
  requireTerminal,
  resultJson,
  resultText,
} from './show-batch.js'
import { todosOf } from './todos.js'

export type BatchOptions = {
  words: readonly string[]
  choice: OutputChoice
  replacing: Replacing
  allowLosses: boolean
  reencode: boolean
  /** Null: named after all that makes it what it is, so that the same command goes on with it. */
  name: string | null
  /** Null: on this machine. */
  client: FfleetClient | null
  dryRun: boolean
  yes: boolean
  json: boolean
}

/** A batch that is open: what it is, and what it comes to. */
type Open = BatchOptions & {
  config: Config
  preset: Preset
  /** What words are relative to. */
  within: string
  outputFolder: string | null
  name: string
  journal: Journal
  skipped: Skipped[]
  /** By earlier runs, and by this one. */
  before: Ended[]
  ended: Ended[]
}

/** Plans, asks, runs and sums up. Gives the exit code. */
export async function batch(options: BatchOptions): Promise<number> {
  const { choice, replacing, client } = options
  if (!options.yes && !options.dryRun) requireTerminal()
  const { config } = readConfig()
  const preset = resolvePreset(await presetOf(choice.preset, client, config.presetsDir), choice.overrides)
  if (replacing !== 'never' && !['av', 'audio', 'remux', 'archive'].includes(preset.kind)) {
    throw new UsageError(`The preset ${preset.name} makes neither films nor sound, and replaces no original.`)
  }
  const within = client === null ? process.cwd() : await realpath(config.mediaRoot).catch(() => config.mediaRoot)
  const found = await findOriginals(options.words, within)
  const outputFolder = client === null && choice.path !== null ? await madeFolder(choice.path) : null
  const name = options.name ?? nameOf(options, within)
  const journal = await Journal.open(join(forRuns(config).dataDir, 'batches'), name)
  try {
    // Of a batch that is done, no original may be left.
    if (found.unmatched.length > 0 && journal.entries().length === 0) {
      throw new CommandError(found.unmatched.join('\n'), { code: 'INPUT_NOT_FOUND' })
    }
    const ended = options.dryRun ? [] : await finishMade(journal, replacing)
    const made = replacing === 'never' ? [] : unsettled(journal)
    const { originals, skipped } = leftOf(found.originals, journal, { name: preset.name, made })
    skipped.unshift(...found.skipped)
    const before = doneBefore(journal, originals, ended)
    const open: Open = { ...options, config, preset, within, outputFolder, name, journal, skipped, before, ended }
    return originals.length === 0 ? finish(open, 0) : await work(open, originals)
  } finally {
    await journal.close()
  }
}

async function work(open: Open, originals: readonly Original[]): Promise<number> {
  const found = await interruptible((signal) => placeFor(open, originals, signal))
  if ('interruption' in found) return exitCodeOf(found.interruption)
  const place = found.result
  let drain = false
  try {
    const looked = await interruptible((signal) => look(open, place, originals, signal))
    if ('interruption' in looked) return exitCodeOf(looked.interruption)
    const planned = looked.result
    drain = true
    if (open.dryRun) return EXIT.ok
    if (planned.length === 0) return finish(open, 0)
    const files = planned.length === 1 ? 'it' : `the ${planned.length} files`
    if (!open.yes && !(await mayGoOn(`Go on with ${files}?`))) {
      print('Nothing was started.')
      return EXIT.ok
    }
    drain = false
    const { left, interruption } = await run(open, place, planned)
    drain = interruption === null
    const code = finish(open, left)
    return interruption === null ? code : exitCodeOf(interruption)
  } finally {
    await place.close({ drain })
  }
}

function placeFor(open: Open, originals: readonly Original[], signal: AbortSignal): Promise<Place> {
  const { client, config, within, outputFolder } = open
  if (client === null) return onThisMachine(originals, outputFolder, signal)
  return onAServer(client, { ...config, mediaRoot: within }, signal)
}

/** Looks at each file and shows the plan. */
async function look(
  open: Open,
  place: Place,
  originals: readonly Original[],
  signal: AbortSignal,
): Promise<readonly Planned[]> {
  const plan = await planBatch(place, todosOf(originals, place, open), open, {
    signal,
    onLooked: telling(originals.length),
  })
  open.skipped.push(...plan.skipped)
  const { name, preset, replacing, before, skipped } = open
  const about = { name, preset: preset.name, replacing, before: before.length, slots: place.slots }
  const shown = { planned: plan.planned, skipped }
  if (open.json) printJsonLine(planJson(shown, about))
  else print(planText(shown, about))
  return plan.planned
}

async function run(
  { json, journal, replacing, name, ended }: Open,
  place: Place,
  planned: readonly Planned[],
): Promise<{ left: number; interruption: Interruption | null }> {
  const line = progressLine(planned)
  const renderer = createRenderer({ json, server: null, ended: () => [], headline: line.text })
  try {
    return await runBatch({
      place,
      planned,
      journal,
      replacing,
      name,
      renderer,
      onEnded(each, end) {
        const { original } = each
        const one = { input: original.shown, bytes: original.mark.bytes, end }
        ended.push(one)
        line.add(one, each)
        if (!json) renderer.note(endText(one))
      },
    })
  } finally {
    renderer.close()
  }
}

/** Sums up; `left`: files without an end. */
function finish({ json, name, before, ended, skipped }: Open, left: number): number {
  const all = [...before, ...ended]
  if (json) printJsonLine(resultJson(name, all, skipped, left))
  else print(resultText(name, all, skipped, left))
  return left > 0 || ended.some(({ end }) => end.outcome === 'failed') ? EXIT.failed : EXIT.ok
}

async function presetOf(name: string, client: FfleetClient | null, presetsDir: string | null): Promise<Preset> {
  if (client === null) return requirePreset(name, await loadPresets(presetsDir ?? undefined))
  return client.preset(name)
}

/** The same words in the same folder, for the same output. */
function nameOf({ words, choice, replacing, client }: BatchOptions, within: string): string {
  const what = JSON.stringify([words, choice, replacing, client?.baseUrl ?? null, within])
  return `${choice.preset}-${createHash('sha256').update(what).digest('hex').slice(0, 8)}`
}

async function madeFolder(path: string): Promise<string> {
  await mkdir(resolve(path), { recursive: true })
  return realpath(resolve(path))
}

/** Of thousands it takes its time; a terminal sees how far it is. */
function telling(total: number): (count: number) => void {
  const { stderr } = process
  if (!stderr.isTTY) return () => {}
  return (looked) => stderr.write(looked === total ? '\r\u001b[K' : `\rLooking at ${looked} of ${total} …`)
}
