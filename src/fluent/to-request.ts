/** From a fluent-ffmpeg command to a job, and where its outputs are wanted. */
import { randomUUID } from 'node:crypto'
import { basename } from 'node:path'
import type { JobRequest } from '../contract/index.js'
import type { Internals } from './internals.js'
import { inputUri, outputPlace, type Roots } from './paths.js'
import { NotCarriedError } from './refusal.js'
import { splitArgv } from './split-argv.js'
import { toPreset } from './to-preset.js'

/** `fetch`: outputs, by name, that are brought to a file of this machine. */
export type FleetCommand = { argv: string[]; request: JobRequest; fetch: { name: string; file: string }[] }

/** Formats that are devices or filters in the place of files. */
const NO_FILES =
  /^(v4l2|video4linux2|alsa|pulse|x11grab|kmsgrab|fbdev|avfoundation|dshow|gdigrab|decklink|jack|oss|sndio|openal|lavfi)$/

/** @throws NotCarriedError */
export async function toRequest(command: Internals, roots: Roots, folder: string): Promise<FleetCommand> {
  refuseStreams(command)
  const argv = command._getArguments().map(String)
  const outputs = command._outputs.filter((output) => 'target' in output)
  const split = splitArgv(
    argv,
    command._inputs.map(({ source }) => source as string),
    outputs.map(({ target }) => target as string),
  )
  refuseDevices(split.inputs)
  const uris: string[] = []
  for (const { source } of split.inputs) uris.push(await inputUri(source, roots))
  if (uris.length === 0) throw new NotCarriedError('The command has no input, and a job has one: give it a file.')
  const here = randomUUID()
  const places = split.outputs.map(({ target }, i) => ({ ...outputPlace(target, roots), name: `output-${i + 1}` }))
  const shared = places.map(({ path, file, name }) => ({
    name,
    // What is fetched lies in a folder of its own, under the name that tells its container.
    path: path ?? `${folder}/${here}/${name}-${basename(file)}`,
    onExists: 'replace' as const,
  }))
  const fetch = places.filter(({ path }) => path === null).map(({ name, file }) => ({ name, file }))
  const byPreset = toPreset(split)
  if (byPreset !== null) {
    const { output, startMs, endMs } = byPreset
    return {
      argv,
      request: { input: { uri: uris[0]!, startMs, endMs }, outputs: [{ ...shared[0]!, ...output }] },
      fetch,
    }
  }
  const request: JobRequest = {
    input: uris[0]!,
    arguments: {
      input: split.inputs[0]!.options,
      inputs: split.inputs.slice(1).map(({ options }, i) => ({ uri: uris[i + 1]!, arguments: options })),
      ...(split.filter !== null && { filter: split.filter }),
    },
    outputs: split.outputs.map(({ options }, i) => ({ ...shared[i]!, preset: 'arguments', arguments: options })),
  }
  return { argv, request, fetch }
}

function refuseStreams({ _inputs, _outputs }: Internals): void {
  if (_inputs.some(({ source }) => typeof source !== 'string')) {
    throw new NotCarriedError(
      'An input stream is not carried to the fleet: write it to a file in the media root, and give that.',
    )
  }
  if (_outputs.some((output) => 'target' in output && typeof output.target !== 'string')) {
    throw new NotCarriedError(
      'An output stream is not carried from the fleet: save to a file, and read that when `end` comes.',
    )
  }
  if (_outputs.some(({ flags }) => flags.flvmeta)) {
    throw new NotCarriedError(
      "flvmeta() runs a program of this machine: leave it out, and give outputOptions('-flvflags', 'add_keyframe_index').",
    )
  }
}

function refuseDevices(inputs: readonly { source: string; options: string[] }[]): void {
  for (const { source, options } of inputs) {
    const format = options[options.lastIndexOf('-f') + 1] ?? ''
    if (!options.includes('-f') || !NO_FILES.test(format)) continue
    throw new NotCarriedError(
      `The input ${source} is read by ${format}, which is no file: record it first, or use a source filter in complexFilter().`,
    )
  }
}
