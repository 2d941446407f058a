import { mkdir, symlink } from 'node:fs/promises'
import { dirname, extname, join } from 'node:path'
import { FfleetError, filesOf, parseJobSource, parseUploadSource, remoteScheme } from '../../src/contract/index.js'
import { BARE } from '../../src/ffmpeg/index.js'
import type { KnownOutput } from '../../src/queue/index.js'
import type { OpenInput, SeenInputs } from '../../src/storage/index.js'
import type { JobContext } from '../context.js'
import { type FetchListeners, fetchRemote } from './fetch-remote.js'

/**
 * A file of the job on this machine, held open. `link`: where ffmpeg finds it, relative to the attempt's folder: a name of
 * ours, so that nothing that was asked for stands in an argument, a log or a sandbox.
 */
export type FetchedInput = { uri: string; held: OpenInput; link: string }

/** All inputs of the job, the one that it is named by first. Whoever calls this closes them. */
export async function fetchInputs(context: JobContext, listeners: FetchListeners = {}): Promise<FetchedInput[]> {
  const { inputs: seen } = context.storage
  const uris = filesOf(context.request)
  const elsewhere = uris.filter(
    (uri) => seen === null || remoteScheme(uri) !== null || (!seen.open && isMedia(context, uri)),
  )
  const inputs: FetchedInput[] = []
  const { onGrowing, ...others } = listeners
  const isOne = uris.length === 1
  const fetched = await fetchRemote(context, elsewhere, isOne ? listeners : others)
  try {
    for (const [number, uri] of uris.entries()) {
      const held = fetched.get(uri) ?? (await fetchInput(context, seen!, uri))
      fetched.delete(uri)
      inputs.push({ uri, held, link: linkTo(held, number) })
    }
    return inputs
  } catch (error) {
    await Promise.all([closeInputs(inputs), ...[...fetched.values()].map((held) => held.close())])
    throw error
  }
}

/** Whether it is a path of the media root. */
function isMedia({ sources }: JobContext, uri: string): boolean {
  return !sources.has(uri) && parseUploadSource(uri) === null && remoteScheme(uri) === null
}

/** Puts the links there, beside the outputs; they lead to the open files and not to their paths. */
export async function linkInputs(context: JobContext, inputs: readonly FetchedInput[]): Promise<void> {
  const enclosure = context.capabilities.enclosure ?? BARE
  for (const { held, link } of inputs) {
    const path = join(context.folder, link)
    await mkdir(dirname(path))
    await symlink(enclosure.reach(held), path)
  }
}

export async function closeInputs(inputs: readonly FetchedInput[]): Promise<void> {
  await Promise.all(inputs.map(({ held }) => held.close()))
}

/**
 * A file of the media root is there already, if it still is. The API saw it when the job came, so where it is missing the
 * worker is named: another one may see it.
 */
async function fetchInput(context: JobContext, seen: SeenInputs, uri: string): Promise<OpenInput> {
  const source = context.sources.get(uri)
  if (source !== undefined) return fetchOutput(context, seen, uri, source)
  const { workerId, host } = context
  const upload = parseUploadSource(uri)
  if (upload !== null) return seen.openUpload(upload)
  try {
    return await seen.open!(uri)
  } catch (error) {
    if (!(error instanceof FfleetError) || error.code !== 'INPUT_NOT_FOUND') throw error
    const who = `${workerId} on ${host}`
    if (!(await seen.hasAny())) {
      throw new FfleetError('MEDIA_ROOT_UNAVAILABLE', `The media root of ${who} is empty, or not there.`, {
        cause: error,
      })
    }
    throw new FfleetError('INPUT_NOT_FOUND', `${who} does not find the input, which was there when the job came.`, {
      cause: error,
      hint: 'Put the file back, or let that worker see the same media root as the API; then retry the job.',
    })
  }
}

/** What another job delivered, if it still is what stands at its path. */
async function fetchOutput(
  { workerId, host }: JobContext,
  seen: SeenInputs,
  uri: string,
  { output, written }: KnownOutput,
): Promise<OpenInput> {
  try {
    return await seen.openOutput(output.path, { sha256: output.sha256!, identity: written })
  } catch (error) {
    if (!(error instanceof FfleetError)) throw error
    const { job } = parseJobSource(uri)!
    const what =
      error.code === 'OUTPUT_REPLACED'
        ? `something else at ${output.path}, where job ${job} put the input`
        : `nothing at ${output.path}, where job ${job} put the input`
    throw new FfleetError('INPUT_NOT_FOUND', `${workerId} on ${host} finds ${what}.`, {
      cause: error,
      hint: `Put the output back and retry the job, or submit job ${job} and this one anew.`,
    })
  }
}

/** The ending stays, for it decides where the first bytes leave a doubt. */
export function linkTo({ path }: Pick<OpenInput, 'path'>, number: number): string {
  const ending = extname(path)
  const name = `source${/^\.[A-Za-z0-9]{1,8}$/.test(ending) ? ending : ''}`
  return join(number === 0 ? 'input' : `input-${number}`, name)
}
