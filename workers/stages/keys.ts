/** Keys of outputs that are encrypted. They are in memory alone, as objects that nothing prints. */
import { createSecretKey, type KeyObject } from 'node:crypto'
import { FfleetError, type NormalizedOutput } from '../../src/contract/index.js'
import { RemoteFault } from '../../src/remote/index.js'
import type { JobContext } from '../context.js'

/** Of AES-128. */
const KEY_BYTES = 16

/** By the names of outputs. */
export type Keys = ReadonlyMap<string, KeyObject>

/** Each from where its players have it. Throws `FETCH_REFUSED`, `FETCH_FAILED` and `URL_NOT_PUBLIC`, naming the field. */
export async function fetchKeys(context: JobContext, outputs: readonly NormalizedOutput[]): Promise<Keys> {
  const keys = new Map<string, KeyObject>()
  for (const { name, recipe } of outputs) {
    const encryption = recipe.kind === 'arguments' ? undefined : recipe.ladder?.encryption
    if (encryption) keys.set(name, await fetchKey(context, name, encryption.keyUri))
  }
  return keys
}

async function fetchKey({ remote, signal }: JobContext, output: string, keyUri: string): Promise<KeyObject> {
  const field = `The key of the output \`${output}\` (\`ladder.encryption.keyUri\`)`
  try {
    const bytes = await readAtMost(await remote.open(keyUri, { from: 0, to: null }, { known: null, signal }))
    if (bytes.length === KEY_BYTES) return createSecretKey(bytes)
    const many = bytes.length > KEY_BYTES ? `more than ${KEY_BYTES}` : bytes.length
    throw new FfleetError('FETCH_REFUSED', `it has ${many} bytes, and a key of AES-128 has ${KEY_BYTES}.`)
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof RemoteFault) {
      throw new FfleetError('FETCH_FAILED', `${field} can not be had: ${error.message}.`, { cause: error })
    }
    if (!(error instanceof FfleetError)) throw error
    throw new FfleetError(error.code, `${field} can not be had: ${error.message}`, { cause: error })
  }
}

/** One byte more than a key tells that it is none. */
async function readAtMost({ chunks, close }: Awaited<ReturnType<JobContext['remote']['open']>>): Promise<Buffer> {
  try {
    let bytes = Buffer.alloc(0)
    for await (const chunk of chunks) {
      bytes = Buffer.concat([bytes, chunk])
      if (bytes.length > KEY_BYTES) break
    }
    return bytes
  } finally {
    close()
  }
}
