import { createHash } from 'node:crypto'
import { mkdir, realpath } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { FfleetClient } from '../../client/index.js'
import { readConfig } from '../../config/index.js'
import { forRuns } from '../../config/user-folder.js'
import type { Preset } from '../../contract/index.js'
import { loadPresets } from '../../presets/index.js'
import { CommandError, EXIT, UsageError } from '../exit.js'
import { exitCodeOf, interruptible } from '../interrupt.js'
import { print, printJsonLine } from '../print.js'
import { createRenderer } from '../render/index.js'
import { type Skipped, stemOf } from '../request/inputs.js'
import { jobRequest } from '../request/job-request.js'
import { isMadeOf, outputNamesOf } from '../request/output-names.js'
import type { OutputChoice } from '../request/outputs.js'
import { requirePreset } from '../run/plan-local.js'
import { shownPath } from '../run/run-summary.js'
import { type Entry, Journal } from './journal.js'
import { onAServer } from './on-a-server.js'
import { onThisMachine } from './on-this-machine.js'
import { findOriginals, isSame, type Original } from './originals.js'
import type { Place } from './place.js'
import { type BatchPlan, planBatch, type Todo } from './plan-batch.js'
import { runBatch } from './run-batch.js'
import { type Replacing, settle, waitingPlace } from './settle.js'
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

/** Plans, asks, runs and sums up. Gives the exit code. */
export async function batch(options: BatchOptions): Promise<number> {
  const { choice, replacing, client, json } = options
  if (!options.yes && !options.dryRun) requireTerminal()
  const { config } = readConfig()
  const preset = await presetOf(choice.preset, client, config.presetsDir)
  if (replacing !== 'never' && (preset.kind === 'picture' || preset.kind === 'sprites')) {
    throw new UsageError(`The preset ${preset.name} makes pictures, which replace no original.`)
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
    const ended = await finishMade(journal, replacing)
    const { originals, skipped } = leftOf(found.originals, journal, preset.name)
    skipped.unshift(...found.skipped)
    const before = doneBefore(journal, originals, ended)
    const todos = (place: Place) => todosOf(originals, place, { ...options, preset, outputFolder, name, journal })
    if (originals.length === 0) return finish(0)
    const place =
      client === null
        ? await onThisMachine(originals, outputFolder)
        : await onAServer(client, { ...config, mediaRoot: within })
    let drain = false
    try {
      const rules = { replacing, preset, allowLosses: options.allowLosses, reencode: options.reencode }
      const looked = await interruptible((signal) => {
        return planBatch(place, todos(place), rules, { signal, onLooked: telling(originals.length) })
      })
      if ('interruption' in looked) return exitCodeOf(looked.interruption)
      const plan: BatchPlan = { ...looked.result, skipped: [...skipped, ...looked.result.skipped] }
      const about = { name, preset: preset.name, replacing, before: before.length, slots: place.slots }
      if (json) printJsonLine(planJson(plan, about))
      else print(planText(plan, about))
      drain = true
      if (options.dryRun) return EXIT.ok
      skipped.push(...looked.result.skipped)
      const { planned } = plan
      if (planned.length === 0) return finish(0)
      if (
        !options.yes &&
        !(await mayGoOn(`Go on with ${planned.length === 1 ? 'it' : `the ${planned.length} files`}?`))
      ) {
        print('Nothing was started.')
        return EXIT.ok
      }
      const line = progressLine(planned)
      const renderer = createRenderer({ json, server: null, ended: () => [], headline: line.text })
      const { ran, interruption } = await runBatch({
        place,
        planned,
        journal,
        replacing,
        name,
        renderer,
        onEnded: ({ planned, end }) => {
          const { original } = planned
          const one = { input: original.shown, bytes: original.mark.bytes, end: end! }
          ended.push(one)
          line.add(one, planned)
          if (!json) renderer.note(endText(one))
        },
      }).finally(() => renderer.close())
      drain = interruption === null
      const code = finish(ran.filter(({ end }) => end === null).length)
      return interruption === null ? code : exitCodeOf(interruption)
    } finally {
      await place.close({ drain })
    }

    function finish(left: number): number {
      const all = [...before, ...ended]
      if (json) printJsonLine(resultJson(name, all, skipped, left))
      else print(resultText(name, all, skipped, left))
      return left > 0 || ended.some(({ end }) => end.outcome === 'failed') ? EXIT.failed : EXIT.ok
    }
  } finally {
    await journal.close()
  }
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

/** What was made when the last run was killed goes where it belongs. */
async function finishMade(journal: Journal, replacing: Replacing): Promise<Ended[]> {
  const ended: Ended[] = []
  for (const entry of journal.entries()) {
    if (entry.made === null || entry.end !== null || replacing === 'never') continue
    const end = await settle(entry, entry.made, replacing)
    await journal.note({ ...entry, end })
    ended.push({ input: shownPath(entry.path), bytes: entry.original.bytes, end })
  }
  return ended
}

/** What is still to be done: neither done before, nor an output. */
function leftOf(
  found: readonly Original[],
  journal: Journal,
  name: string,
): { originals: Original[]; skipped: Skipped[] } {
  const places = new Set(journal.entries().flatMap(({ end }) => (end?.place ? [end.place] : [])))
  const stems = new Map<string, Set<string>>()
  for (const { beside, path } of found) stems.set(beside, (stems.get(beside) ?? new Set()).add(stemOf(path)))
  const originals: Original[] = []
  const skipped: Skipped[] = []
  for (const original of found) {
    const { path, shown, mark, beside } = original
    const former = journal.get(path)
    const isDone = former?.end && former.end.outcome !== 'failed'
    if (isDone && (isSame(former.original, mark) || isSame(former.end!.mark, mark))) continue
    if (former === undefined && places.has(path)) continue
    if (isMadeOf(path, stems.get(beside)!, [name])) skipped.push({ input: shown, reason: 'an output of another input' })
    else originals.push(original)
  }
  return { originals, skipped }
}

/** What earlier runs of the batch came to, but for what is done again. */
function doneBefore(journal: Journal, again: readonly Original[], ended: readonly Ended[]): Ended[] {
  const others = new Set([...again.map(({ path }) => path)])
  const now = new Set(ended.map(({ end }) => end))
  return journal.entries().flatMap(({ path, original, end }) => {
    if (end === null || end.outcome === 'failed' || others.has(path) || now.has(end)) return []
    return [{ input: shownPath(path), bytes: original.bytes, end }]
  })
}

type Making = BatchOptions & { preset: Preset; outputFolder: string | null; name: string; journal: Journal }

function todosOf(originals: readonly Original[], place: Place, making: Making): Todo[] {
  const { choice, preset, replacing, outputFolder, name, journal } = making
  const beside = outputNamesOf(
    originals.map((original) => ({
      folder: outputFolder === null ? original.beside : join(outputFolder, original.below),
      input: basename(original.shown),
      name: choice.preset,
      extension: preset.extension,
    })),
  )
  return originals.map((original, i) => {
    const former: Entry | null = journal.get(original.path) ?? null
    const wanted = replacing === 'never' ? beside[i]! : waitingPlace(original.path, preset.extension)
    const stays = replacing === 'never' && place.staysAlone
    // What lies there was begun by this batch.
    const onExists = former !== null || replacing !== 'never' ? ('replace' as const) : undefined
    const path = place.outputPathOf(wanted)
    const request = jobRequest(place.uriOf(original), [{ ...choice, path }], {
      ...(path !== null && { onExists }),
      tags: { batch: name },
    })
    return { original, request, place: stays ? null : wanted, former }
  })
}

/** Of thousands it takes its time; a terminal sees how far it is. */
function telling(total: number): (count: number) => void {
  const { stderr } = process
  if (!stderr.isTTY) return () => {}
  return (looked) => stderr.write(looked === total ? '\r\u001b[K' : `\rLooking at ${looked} of ${total} …`)
}
