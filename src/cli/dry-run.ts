import { FfleetApiError, type FfleetClient } from '../client/index.js'
import type { JobRequest } from '../contract/index.js'
import { EXIT } from './exit.js'
import { print, printJsonLine, stdoutColumns, stdoutStyle } from './print.js'
import { dryRunRows } from './render/dry-run-view.js'
import { styleOf } from './render/style.js'
import { facts } from './render/table.js'
import { printable } from './render/text.js'
import { errorJson, showError } from './show-error.js'

export type Asked = { input: string; request: JobRequest }

/**
 * Prints what would become of each job; with `json` a line each. Of several, one that is refused is told and the others are
 * asked about. Gives the exit code: 1 when the server refuses a request, or a job would fail before anything is encoded.
 */
export async function dryRunAll(client: FfleetClient, asked: readonly Asked[], json: boolean): Promise<number> {
  let exitCode: number = asked.length > 0 ? EXIT.ok : EXIT.failed
  for (const [n, { input, request }] of asked.entries()) {
    try {
      const answer = await client.dryRun(request)
      if (answer.refusal !== null) exitCode = EXIT.failed
      if (json) printJsonLine(answer)
      else print(`${n > 0 ? '\n' : ''}${facts(dryRunRows(answer, Date.now()), stdoutStyle(), stdoutColumns())}`)
    } catch (error) {
      if (asked.length === 1 || !(error instanceof FfleetApiError)) throw error
      exitCode = EXIT.failed
      const shown = showError(error, styleOf(process.stderr, process.env)).text
      process.stderr.write(`${json ? errorJson(error, input).text : `${printable(input)}: ${shown}`}\n`)
    }
  }
  return exitCode
}
