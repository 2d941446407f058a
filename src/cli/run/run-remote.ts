import { createHash, randomBytes } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, extname, join, resolve, sep } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Download, FfleetClient } from '../../client/index.js'
import type { Job } from '../../contract/index.js'
import { CommandError } from '../exit.js'
import { interruptible } from '../interrupt.js'
import type { Renderer } from '../render/index.js'
import { jobRequest } from '../request/job-request.js'
import type { OutputChoice } from '../request/outputs.js'
import { requireFitting, requireFree } from './local-files.js'
import { type RunEnd, type RunOptions, runJob } from './run-job.js'
import type { Records } from './run-summary.js'

/**
 * Runs one job on a server. The input is a path in its media root; an output that was given a path is fetched to it,
 * on this machine, and the others stay where the server has them.
 */
export async function runRemote(
  client: FfleetClient,
  input: string,
  choices: readonly OutputChoice[],
  renderer: Renderer,
  { force, range }: RunOptions,
): Promise<RunEnd & { records: Records | null; outputPaths: (string | null)[] }> {
  const places = await Promise.all(choices.map(({ path }) => (path === null ? null : localPlace(path, force))))
  if (places.some((place) => place !== null)) {
    const extensions = new Map((await client.presets()).map(({ name, extension }) => [name, extension]))
    for (const { path, preset } of choices) {
      // A preset that the server does not know is refused by it.
      if (path !== null) requireFitting(path, preset, extensions.get(preset) ?? extname(path).slice(1))
    }
  }
  const request = jobRequest(
    input,
    choices.map(({ preset }) => ({ preset, path: null })),
    range,
  )
  const end = await runJob({ connect: async () => ({ client }), request, renderer })
  if (end.job?.state !== 'completed') {
    const report = end.job && (await client.report(end.job.id).catch(() => null))
    return { ...end, records: report && { report, reportFile: null, logFile: null }, outputPaths: [] }
  }
  const { job } = end
  const fetched = await interruptible(async (signal) => {
    for (const [i, place] of places.entries()) if (place !== null) await fetchOutput(client, job, i, place, signal)
  })
  if ('interruption' in fetched)
    return { job: null, interruption: fetched.interruption, records: null, outputPaths: [] }
  const report = await client.report(end.job.id)
  return { ...end, records: { report, reportFile: null, logFile: null }, outputPaths: places }
}

async function localPlace(path: string, force: boolean): Promise<string> {
  const place = resolve(path)
  const folder = await stat(dirname(place)).catch(() => null)
  if (!folder?.isDirectory()) throw new CommandError(`The folder of the output ${path} does not exist.`)
  if ((await stat(place).catch(() => null))?.isDirectory()) throw new CommandError(`The output ${path} is a folder.`)
  if (!force) await requireFree(place, path)
  return place
}

/** Under another name until all of it is there and is what the job made. */
async function fetchOutput(
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
