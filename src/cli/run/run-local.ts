import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { FfleetApiError, FfleetClient } from '../../client/index.js'
import { prepareConfig } from '../../config/prepare.js'
import type { Job, Report } from '../../contract/index.js'
import { loadPresets } from '../../presets/index.js'
import { CommandError } from '../exit.js'
import { onInterruption } from '../interrupt.js'
import type { Renderer } from '../render/index.js'
import { jobRequest } from '../request/job-request.js'
import type { OutputChoice } from '../request/outputs.js'
import { localInput, localOutputs, outputRootOf } from './local-files.js'
import { type PrivateStack, startPrivateStack } from './private-stack.js'
import { type RunEnd, type RunOptions, runJob } from './run-job.js'
import type { Records } from './run-summary.js'

/** Reports of runs that are kept; the oldest go. */
const KEPT_RUNS = 100

/**
 * Runs one job on a stack of its own, which is gone when this resolves. The report and the log of the job are kept in
 * the data folder.
 */
export async function runLocal(
  input: string,
  choices: readonly OutputChoice[],
  renderer: Renderer,
  options: RunOptions,
): Promise<RunEnd & { records: Records | null; outputPaths: string[] }> {
  const config = await prepareConfig('run')
  const presets = await loadPresets(config.presetsDir ?? undefined)
  const path = await localInput(input)
  const extensionOf = (name: string) => {
    const preset = presets.get(name)
    if (preset !== undefined) return preset.extension
    const known = presets.list().map((one) => one.name)
    throw new CommandError(`There is no preset "${name}". There are: ${known.join(', ')}.`)
  }
  const outputs = await localOutputs(path, choices, extensionOf, options)
  const { root, paths } = await outputRootOf(outputs)
  const runsFolder = join(config.dataDir, 'runs')
  const name = basename(path)
  const request = jobRequest(
    // With a colon in it a bare name could be read as a URL.
    name.includes(':') ? `./${name}` : name,
    choices.map(({ preset }, i) => ({ preset, path: paths[i]! })),
    // Looked at above already; and the worker looks again.
    { ...options.range, ...(options.force && { onExists: 'replace' }) },
  )
  // What was started is put away in good order, however impatient somebody is; that takes seconds at most.
  const release = onInterruption(() => {})
  let stack = null as PrivateStack | null
  let drain = false
  try {
    const end = await runJob({
      connect: async (signal) => {
        stack = await startPrivateStack({ config, runsFolder, mediaRoot: dirname(path), outputRoot: root, signal })
        return { client: new FfleetClient({ baseUrl: stack.url }), gone: stack.gone }
      },
      request,
      renderer,
      onSubmitted: async ({ id }) => stack?.note(id),
    })
    drain = end.job !== null
    const records = end.job && stack ? await keepRecords(stack.url, end.job, runsFolder) : null
    return { ...end, records, outputPaths: outputs.map((output) => output.path) }
  } finally {
    await stack?.close({ drain })
    release()
  }
}

/** The stack's own store of reports goes with it. */
async function keepRecords(url: string, job: Job, runsFolder: string): Promise<Records> {
  const client = new FfleetClient({ baseUrl: url })
  const folder = join(runsFolder, job.id)
  const report = await orNull(client.report(job.id))
  const log = await orNull(client.log(job.id))
  await mkdir(folder, { recursive: true })
  const [reportFile, logFile] = [join(folder, 'report.json'), join(folder, 'ffmpeg.log')]
  if (report !== null) await writeFile(reportFile, `${JSON.stringify(report, null, 2)}\n`)
  if (log !== null) await writeFile(logFile, log)
  // Ids of jobs are in order of time.
  const runs = (await readdir(runsFolder)).filter((name) => /^[0-9A-Z]{26}$/.test(name)).sort()
  for (const old of runs.slice(0, -KEPT_RUNS)) await rm(join(runsFolder, old), { recursive: true, force: true })
  return { report, reportFile: report && reportFile, logFile: log === null ? null : logFile }
}

/** A job that ended before its first attempt has no log. */
async function orNull<T extends Report | string>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof FfleetApiError && error.status === 404) return null
    throw error
  }
}
