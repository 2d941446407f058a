/** Inputs of a server: paths in its media root, what its jobs deliver, and folders where this machine sees that root. */
import { stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { FfleetClient } from '../../client/index.js'
import { readConfig } from '../../config/index.js'
import { remoteScheme } from '../../contract/index.js'
import { findInputs, nameOf, type Skipped } from './inputs.js'
import { jobId } from './job-ids.js'
import { outputNamesOf } from './output-names.js'
import { type OutputChoice, outputNames } from './outputs.js'

const DELIVERED = /^job:([^/]+)\/(.+)$/i

/** `several`: more than one word, or a folder, was given. */
export type ServerInputs = { inputs: string[]; skipped: Skipped[]; several: boolean }

/**
 * `job:JOB/OUTPUT` takes the job as every command does. Another word is sent as it is, unless it is a folder in the media root, as FFLEET_MEDIA_ROOT and its default have it on this
 * machine: then the media in it are. The server judges whatever else there is.
 */
export async function serverInputs(
  client: FfleetClient,
  words: readonly string[],
  { keepRepeated = false } = {},
): Promise<ServerInputs> {
  const { mediaRoot } = readConfig().config
  const all: ServerInputs = { inputs: [], skipped: [], several: words.length > 1 }
  for (const word of words) {
    const [, job, output] = DELIVERED.exec(word) ?? []
    if (job !== undefined) {
      all.inputs.push(`job:${await jobId(client, job)}/${output}`)
      continue
    }
    const isFolder = (await stat(resolve(mediaRoot, word)).catch(() => null))?.isDirectory()
    if (!isFolder || word.startsWith('/')) {
      all.inputs.push(word)
      continue
    }
    all.several = true
    const { inputs, skipped } = await findInputs([word], mediaRoot)
    all.inputs.push(...inputs.map(({ shown }) => shown))
    all.skipped.push(...skipped)
  }
  if (!keepRepeated) all.inputs = [...new Set(all.inputs)]
  return all
}

/** What lies elsewhere has no folder here. */
function folderOf(input: string): string {
  return remoteScheme(input) === null ? dirname(input.replace(/^job:/, '')) : ''
}

/** The outputs of each of several inputs: where a path was given, it is the folder of outputs that are named after them. */
export async function serverChoices(
  client: FfleetClient,
  inputs: readonly string[],
  choices: readonly OutputChoice[],
): Promise<OutputChoice[][]> {
  if (choices.every(({ path }) => path === null)) return inputs.map(() => [...choices])
  const presets = await client.presets()
  const names = outputNames(choices)
  // What the server does not know it refuses, under whatever name.
  const extensionOf = (preset: string) => presets.find(({ name }) => name === preset)?.extension ?? ''
  const wanted = inputs.flatMap((input) => {
    return choices.map(({ path, preset, overrides }, i) => ({
      folder: path === null ? '' : join(path, folderOf(input)),
      input: nameOf(input),
      name: names[i]!,
      extension: overrides.container ?? extensionOf(preset),
    }))
  })
  const places = outputNamesOf(wanted)
  return inputs.map((_, n) =>
    choices.map((choice, i) => ({ ...choice, path: choice.path === null ? null : places[n * choices.length + i]! })),
  )
}
