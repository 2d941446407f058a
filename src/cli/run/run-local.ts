import { join } from 'node:path'
import { FfleetClient } from '../../client/index.js'
import { prepareConfig } from '../../config/prepare.js'
import type { Job } from '../../contract/index.js'
import { loadPresets } from '../../presets/index.js'
import { onInterruption } from '../interrupt.js'
import type { Renderer } from '../render/index.js'
import type { OutputChoice } from '../request/outputs.js'
import { type Batch, planLocal } from './plan-local.js'
import { type PrivateStack, startPrivateStack } from './private-stack.js'
import { newItem, type RunItem, type RunOptions, type RunResult } from './run-item.js'
import { type RunEnds, runJobs } from './run-jobs.js'
import { keepRecords } from './run-records.js'

/** Told what comes, and what each input came to. */
export type Watching = {
  renderer: Renderer
  onPlanned(jobs: number): void
  /** Which item a job is of. */
  onSubmitted(job: Job, item: RunItem): void
  onEnded(item: RunItem): void
}

/**
 * Runs on a stack of its own, which is gone when this resolves; inputs of different folders have one after the other. The
 * reports and logs of the jobs are kept in the data folder.
 */
export async function runLocal(
  inputs: readonly string[],
  choices: readonly OutputChoice[],
  watching: Watching,
  options: RunOptions,
): Promise<RunResult> {
  const config = await prepareConfig('run')
  const presets = await loadPresets(config.presetsDir ?? undefined)
  const settings = { ...options.settings, ...(options.force && { onExists: 'replace' as const }) }
  const { batches, skipped } = await planLocal(inputs, choices, presets, { ...options, settings })
  watching.onPlanned(batches.reduce((sum, { runs }) => sum + runs.length, 0))
  const runsFolder = join(config.dataDir, 'runs')
  const items: RunItem[] = []
  let interruption: RunEnds['interruption'] = null
  for (const batch of batches) {
    const own = batch.runs.map(({ input, outputPaths }) => newItem(input, { outputPaths }))
    items.push(...own)
    if (interruption === null) interruption = await runBatch(batch, own)
  }
  items.push(...skipped.map(({ input, reason }) => newItem(input, { skipped: reason })))
  return { items, interruption, server: null }

  async function runBatch({ mediaRoot, outputRoot, runs }: Batch, own: RunItem[]): Promise<RunEnds['interruption']> {
    const slots = Math.min(config.slots, runs.length)
    // What was started is put away in good order, however impatient somebody is; that takes seconds at most.
    const release = onInterruption(() => {})
    let stack = null as PrivateStack | null
    let drain = false
    try {
      const { ends, interruption } = await runJobs({
        connect: async (signal) => {
          stack = await startPrivateStack({ config, runsFolder, mediaRoot, outputRoot, slots, signal })
          return { client: new FfleetClient({ baseUrl: stack.url }), gone: stack.gone }
        },
        requests: runs.map(({ request }) => request),
        // One more than runs, so that no slot waits for the next to be sent.
        atOnce: slots + 1,
        renderer: watching.renderer,
        async onSubmitted(job, i) {
          await stack?.note(job.id)
          watching.onSubmitted(job, own[i]!)
        },
        async onEnded({ job, error }, i) {
          Object.assign(own[i]!, { job, error })
          if (job !== null && stack !== null) own[i]!.records = await keepRecords(stack.url, job, runsFolder)
          watching.onEnded(own[i]!)
        },
      })
      drain = ends.every(({ job, error }) => job !== null || error !== null)
      return interruption
    } finally {
      await stack?.close({ drain })
      release()
    }
  }
}
