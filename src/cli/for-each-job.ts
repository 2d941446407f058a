import { FfleetApiError } from '../client/index.js'
import type { Job } from '../contract/index.js'
import { EXIT } from './exit.js'
import { print, printJsonLine } from './print.js'
import { styleOf } from './render/style.js'
import { printable } from './render/text.js'
import { showError } from './show-error.js'

/** Does one thing to each job and prints what became of it. A refusal is shown and the others are still done; then 1. */
export async function forEachJob(
  ids: readonly string[],
  json: boolean,
  act: (id: string) => Promise<Job>,
): Promise<number> {
  let exitCode: number = EXIT.ok
  for (const id of ids) {
    try {
      const job = await act(id)
      if (json) printJsonLine(job)
      else print(`${printable(job.id)} ${job.state}`)
    } catch (error) {
      if (!(error instanceof FfleetApiError)) throw error
      const shown = showError(error, styleOf(process.stderr, process.env))
      process.stderr.write(`${printable(id)}: ${shown.text}\n`)
      exitCode = shown.exitCode
    }
  }
  return exitCode
}
