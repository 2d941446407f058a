import { lstat, rename } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { FfleetClient } from '../../client/index.js'
import type { Job } from '../../contract/index.js'
import { uriOf } from '../request/inputs.js'
import { fetchOutput } from '../run/fetch-output.js'
import type { Place } from './place.js'
import { holds } from './settle.js'

/** Jobs that are at the server at once: it has a queue of its own, and others use it. */
const AT_ONCE = 16

/** A server whose media root this machine sees as well; `outputRoot`: where it may see its outputs. */
export async function onAServer(
  client: FfleetClient,
  { mediaRoot, outputRoot }: { mediaRoot: string; outputRoot: string },
  signal: AbortSignal,
): Promise<Place> {
  const workers = await client.workers({ signal })
  return {
    client,
    slots: workers.reduce((sum, { slots }) => sum + slots, 0),
    atOnce: AT_ONCE,
    staysAlone: true,
    uriOf: ({ path }) => uriOf(relative(mediaRoot, path)),
    outputPathOf: () => null,
    onSent: async () => {},
    async bring(job, path, signal) {
      const { bytes, sha256 } = job.outputs[0]!
      // Brought before a crash.
      if (await holds(path, { bytes: bytes!, sha256: sha256! })) return
      if (!(await isMoved(job, join(outputRoot, job.outputs[0]!.path), path))) {
        await fetchOutput(client, job, 0, path, signal)
      }
    },
    close: async () => {},
  }
}

/** Where this machine sees the output itself, on the same file system, nothing needs to be copied. */
async function isMoved(job: Job, from: string, to: string): Promise<boolean> {
  const [output] = job.outputs
  const facts = await lstat(from).catch(() => null)
  if (!facts?.isFile() || facts.size !== output!.bytes) return false
  return rename(from, to).then(
    () => true,
    () => false,
  )
}
