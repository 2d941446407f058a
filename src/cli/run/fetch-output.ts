import { createHash, randomBytes } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Download, FfleetClient } from '../../client/index.js'
import type { Job } from '../../contract/index.js'
import { CommandError } from '../exit.js'

/** An output of a server to a place on this machine: under another name until all of it is there and is what the job made. */
export async function fetchOutput(
  client: FfleetClient,
  job: Job,
  index: number,
  place: string,
  signal: AbortSignal,
): Promise<void> {
  const output = job.outputs[index]!
  const part = join(dirname(place), `.${basename(place)}.${randomBytes(4).toString('hex')}.part`)
  try {
    const files = await client.outputFiles(job.id, output.name, { signal })
    if (files === null) {
      const sha256 = await download(await client.output(job.id, output.name, { signal }), part, signal)
      if (output.sha256 !== null && sha256 !== output.sha256) {
        throw new CommandError(`The output ${output.name} did not arrive whole; it is still on the server.`)
      }
    }
    for (const { path } of files ?? []) {
      const target = resolve(part, path)
      if (!target.startsWith(part + sep)) throw new CommandError(`The server names a file outside the output: ${path}`)
      await mkdir(dirname(target), { recursive: true })
      await download(await client.output(job.id, output.name, { path, signal }), target, signal)
    }
    await rename(part, place)
  } finally {
    await rm(part, { recursive: true, force: true })
  }
}

/** Gives the SHA-256 of what was written, in hex. */
async function download({ stream }: Download, target: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  const bytes = Readable.fromWeb(stream as Parameters<typeof Readable.fromWeb>[0])
  bytes.on('data', (chunk) => hash.update(chunk))
  await pipeline(bytes, createWriteStream(target), { signal })
  return hash.digest('hex')
}
