import { defineCommand } from 'citty'
import { FfleetApiError, type FfleetClient } from '../client/index.js'
import { CommandError, EXIT } from './exit.js'
import { JSON_OPTION, print, printJsonLine } from './print.js'
import { styleOf } from './render/style.js'
import { printable } from './render/text.js'
import type { Arguments } from './request/arguments.js'
import { JOBS_WORDS, jobId, jobWords } from './request/job-ids.js'
import { clientOf, SERVER_OPTION } from './server.js'
import { errorJson, showError } from './show-error.js'

/** What became of a job: a word for people, and what `--json` prints. */
type Outcome = { said: string; json: object }

/** Does one thing to each job and prints what became of it. A refusal is shown and the others are still done; then 1. */
async function forEachJob(
  client: FfleetClient,
  words: readonly string[],
  json: boolean,
  act: (id: string) => Promise<Outcome>,
): Promise<number> {
  let exitCode: number = EXIT.ok
  for (const word of await jobWords(words)) {
    try {
      const id = await jobId(client, word)
      const outcome = await act(id)
      if (json) printJsonLine(outcome.json)
      else print(`${printable(id)} ${outcome.said}`)
    } catch (error) {
      if (!(error instanceof FfleetApiError) && !(error instanceof CommandError)) throw error
      const shown = json ? errorJson(error, word) : showError(error, styleOf(process.stderr, process.env))
      process.stderr.write(`${json ? '' : `${printable(word)}: `}${shown.text}\n`)
      exitCode = shown.exitCode
    }
  }
  return exitCode
}

/** A command that does one thing to each of the jobs it is given. */
export function jobsCommand(
  meta: { name: string; description: string },
  act: (client: FfleetClient, id: string) => Promise<Outcome>,
) {
  return defineCommand({
    meta,
    args: {
      'job…': { type: 'positional', required: true, description: JOBS_WORDS },
      ...JSON_OPTION,
      ...SERVER_OPTION,
    },
    run({ args, data }) {
      const client = clientOf(args)
      return forEachJob(client, (data as Arguments).positionals, args.json ?? false, (id) => act(client, id))
    },
  })
}
