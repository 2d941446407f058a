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

type ServerArgs = { server?: string | undefined }
/** `from`: what named it; null where nothing did. */
type Server = { url: string; from: '--server' | 'FFLEET_URL' | null }

/** What named a server, if anything did. */
export function serverNamedBy(args: ServerArgs): Server['from'] {
  if (args.server !== undefined) return '--server'
  return (process.env.FFLEET_URL ?? '').trim() === '' ? null : 'FFLEET_URL'
}

/** Of a command that runs on this machine where no server is named. */
export const LOCAL_OPTION = {
  local: { type: 'boolean', description: 'On this machine, whatever FFLEET_URL says' },
} as const

/** What named the server on which such a command is to run; null: on this machine. @throws UsageError when both are asked for. */
export function serverUnlessLocal(args: ServerArgs & { local?: boolean | undefined }): Server['from'] {
  const named = serverNamedBy(args)
  if (args.local && named === '--server') throw new UsageError('Give either --local or --server.')
  return args.local ? null : named
}

/** The one of this process, for messages. */
let inForce: Server | null = null

/** @throws UsageError when the URL is none. */
export function clientOf(args: ServerArgs): FfleetClient {
  const from = serverNamedBy(args)
  try {
    const client = new FfleetClient({ ...(from === '--server' && { baseUrl: args.server!.trim() }), retry: RETRY })
    inForce = { url: client.baseUrl, from }
    return client
  } catch (error) {
    throw error instanceof TypeError ? new UsageError(`${from ?? '--server'}: ${error.message}`) : error
  }
}

/** The server that was asked and what named it: `http://host:4280 (FFLEET_URL)`; null before one was. */
export function serverInForce(): string | null {
  return inForce && named(inForce)
}

/** The same where the command line does not say it. */
export function serverNotTyped(): string | null {
  return inForce === null || inForce.from === '--server' ? null : named(inForce)
}

function named({ url, from }: Server): string {
  return from === null ? url : `${url} (${from})`
}
