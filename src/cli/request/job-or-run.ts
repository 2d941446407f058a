/** The job of a server, or the run on this machine, that a word on a command line means. */
import { FfleetApiError, type FfleetClient, FfleetConnectionError } from '../../client/index.js'
import { CommandError } from '../exit.js'
import { findRun, type KeptRun } from '../run/run-records.js'
import { clientOf, serverNamedBy } from '../server.js'
import { jobId } from './job-ids.js'

type Found = { id: string; client: FfleetClient; run: KeptRun | null }

/**
 * Runs come first where no server is named; where one is, only what it does not have is looked for among them. `last` is
 * the newest of all.
 *
 * @throws as the server does where neither has it.
 */
export async function jobOrRun(word: string, args: { server?: string | undefined }): Promise<Found> {
  const client = clientOf(args)
  const run = await findRun(word)
  if (run === null) return { id: await jobId(client, word), client, run }
  const isNamed = serverNamedBy(args) !== null
  const onServer = isNamed || word === 'last' ? await idOnServer(client, word) : null
  const isOfServer = onServer !== null && (word !== 'last' || isNamed || onServer > run.id)
  return isOfServer ? { id: onServer, client, run: null } : { id: run.id, client, run }
}

async function idOnServer(client: FfleetClient, word: string): Promise<string | null> {
  try {
    const id = await jobId(client, word)
    return (await client.get(id)).id
  } catch (error) {
    const isMissing =
      error instanceof FfleetConnectionError ||
      error instanceof CommandError ||
      (error instanceof FfleetApiError && error.status === 404)
    if (isMissing) return null
    throw error
  }
}
