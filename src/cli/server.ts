/** The server that a command talks to. */
import { FfleetClient } from '../client/index.js'
import { UsageError } from './exit.js'

/** The option of every command that needs a server. */
export const SERVER_OPTION = {
  server: {
    type: 'string',
    valueHint: 'URL',
    description: 'The ffleet server; default is FFLEET_URL, then http://127.0.0.1:4280',
  },
} as const

/** A person waits: few tries, so that a server that is not there is soon known. */
const RETRY = { attempts: 2, baseMs: 150 }

/** Whether a server was named. */
export function namesServer(args: { server?: string | undefined }): boolean {
  return (args.server ?? process.env.FFLEET_URL ?? '').trim() !== ''
}

/** @throws UsageError when the URL is none. */
export function clientOf(args: { server?: string | undefined }): FfleetClient {
  try {
    return new FfleetClient({ ...(args.server?.trim() && { baseUrl: args.server }), retry: RETRY })
  } catch (error) {
    throw error instanceof TypeError ? new UsageError(error.message) : error
  }
}
