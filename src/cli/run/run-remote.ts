import { mkdir, stat } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import type { FfleetClient } from '../../client/index.js'
import type { Job } from '../../contract/index.js'
import { containerOf } from '../../presets/container.js'
import { CommandError } from '../exit.js'
import { interruptible } from '../interrupt.js'
import { jobRequest } from '../request/job-request.js'
import type { OutputChoice } from '../request/outputs.js'
import { submitWithFiles } from '../request/send-files.js'
import { sendingLine } from '../request/sending.js'
import { type ServerInputs, serverChoices } from '../request/server-inputs.js'
import { fetchOutput } from './fetch-output.js'
import { requireFitting, requireFree } from './local-files.js'
import { newItem, type RunItem, type RunOptions, type RunResult } from './run-item.js'
import { runJobs } from './run-jobs.js'
import type { Watching } from './run-local.js'

/** Jobs that are at the server at once: it has a queue of its own, and others use it. */
const AT_ONCE = 16

/**
 * Runs on a server. Inputs are paths in its media root, or files that are sent to it; an output that was given a path is fetched to it, on this
 * machine, and the others stay where the server has them.
 */
export async function runRemote(
  client: FfleetClient,
  { inputs, skipped, several: isSeveral }: ServerInputs,
  choices: readonly OutputChoice[],
  watching: Watching,
  { force, isJoined, settings }: RunOptions,
): Promise<RunResult> {
  const several = isSeveral && !isJoined
  const places = several ? await placesOfMany(client, inputs, choices) : [await placesOfOne(choices, force)]
  const asked = several ? choices : await inContainers(client, choices)
  const items: RunItem[] = []
  const played = isJoined ? [inputs] : inputs
  for (const [n, input] of played.entries()) {
    const there = several && !force ? await firstThere(places[n]!) : null
    const reason = there === null ? null : `${there} is there already; --force replaces it`
    items.push(newItem([input].flat().join(' + '), { outputPaths: places[n]!, skipped: reason }))
  }
  const open = items.filter(({ skipped }) => skipped === null)
  watching.onPlanned(open.length)
  const unplaced = asked.map((choice) => ({ ...choice, path: null }))
  const requests = played.flatMap((input, n) =>
    items[n]!.skipped === null ? jobRequest(input, unplaced, settings) : [],
  )
  // Bars of several are on the screen.
  const notes = { write: (line: string) => watching.renderer.note(line.trimEnd()), isTTY: false }
  const line = sendingLine(several ? notes : process.stderr)
  const { interruption } = await runJobs({
    connect: async () => ({ client }),
    requests,
    send: (at, index, { interrupted, abort }) =>
      submitWithFiles(at, requests[index]!, { signal: interrupted, submitSignal: abort, ...line }),
    atOnce: several ? AT_ONCE : 1,
    renderer: watching.renderer,
    onSubmitted: async (job, i) => watching.onSubmitted(job, open[i]!),
    async onEnded({ job, error }, i) {
      const item = open[i]!
      Object.assign(item, { job, error })
      if (job !== null) await takeHome(client, job, item)
      watching.onEnded(item)
    },
  })
  items.push(...skipped.map(({ input, reason }) => newItem(input, { skipped: reason })))
  return { items, interruption, server: client.baseUrl }
}

/** Fetches what has a place here, and the report. */
async function takeHome(client: FfleetClient, job: Job, item: RunItem): Promise<void> {
  if (job.state === 'completed') {
    const fetched = await interruptible(async (signal) => {
      for (const [i, place] of item.outputPaths.entries()) {
        if (place !== null) await fetchOutput(client, job, i, place, signal)
      }
    })
    if ('interruption' in fetched) {
      item.job = null
      return
    }
  }
  const report = await client.report(job.id).catch(() => null)
  item.records = { report, reportFile: null, logFile: null }
}

function placesOfOne(choices: readonly OutputChoice[], force: boolean): Promise<(string | null)[]> {
  return Promise.all(choices.map(({ path }) => (path === null ? null : localPlace(path, force))))
}

/** With what the extensions of their paths, which stay here, say of them. */
async function inContainers(client: FfleetClient, choices: readonly OutputChoice[]): Promise<readonly OutputChoice[]> {
  if (choices.every(({ path }) => path === null)) return choices
  const presets = await client.presets()
  return choices.map((choice) => {
    const { path, overrides } = choice
    const preset = presets.find(({ name }) => name === choice.preset)
    // A preset that the server does not know is refused by it.
    if (path === null || preset === undefined) return choice
    const container = overrides.container ?? containerOf(preset, path)
    requireFitting(path, choice.preset, container ?? preset.extension)
    return container === null ? choice : { ...choice, overrides: { ...overrides, container } }
  })
}

async function placesOfMany(
  client: FfleetClient,
  inputs: readonly string[],
  choices: readonly OutputChoice[],
): Promise<(string | null)[][]> {
  const named = await serverChoices(client, inputs, choices)
  const places = named.map((each) => each.map(({ path }) => (path === null ? null : resolve(path))))
  const folders = new Set(places.flat().flatMap((place) => (place === null ? [] : [dirname(place)])))
  for (const folder of folders) await mkdir(folder, { recursive: true })
  return places
}

async function firstThere(places: readonly (string | null)[]): Promise<string | null> {
  for (const place of places) {
    if (place !== null && (await stat(place).catch(() => null)) !== null) return basename(place)
  }
  return null
}

async function localPlace(path: string, force: boolean): Promise<string> {
  const place = resolve(path)
  const folder = await stat(dirname(place)).catch(() => null)
  const code = 'OUTPUT_NOT_WRITABLE'
  if (!folder?.isDirectory()) throw new CommandError(`The folder of the output ${path} does not exist.`, { code })
  if ((await stat(place).catch(() => null))?.isDirectory())
    throw new CommandError(`The output ${path} is a folder.`, { code })
  if (!force) await requireFree(place, path)
  return place
}
