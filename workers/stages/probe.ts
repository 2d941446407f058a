import { join } from 'node:path'
import { FfleetError, inputsOf, mediaOf, type Probe, watermarkOf } from '../../src/contract/index.js'
import { needsEveryStream, type SubtitleFile } from '../../src/plan/index.js'
import type { FrameList } from '../../src/probe/frame-list.js'
import type { JobContext } from '../context.js'
import type { FetchedInput } from './fetch.js'
import { framesOf } from './parts.js'
import { placeSubtitles } from './subtitles.js'

/**
 * An input and its facts; `beside`: the files of subtitles whose tracks are among them, made ready; `frames`: its pictures, where an
 * output may be encoded in parts.
 */
export type ProbedInput = FetchedInput & { probe: Probe; beside?: SubtitleFile[]; frames?: FrameList | null }

/** Reads the facts of the inputs, files of subtitles among those of the film that they belong to. */
export async function probeInputs(context: JobContext, fetched: readonly FetchedInput[]): Promise<ProbedInput[]> {
  const inputs: ProbedInput[] = []
  const everyStream = context.request.outputs.some(
    ({ recipe }) => recipe.kind !== 'arguments' && needsEveryStream(recipe),
  )
  const media = new Set(mediaOf(context.request))
  for (const input of fetched.filter(({ uri }) => media.has(uri))) {
    const { held, link } = input
    const options = { held, signal: context.signal, everyStream }
    const probe = await context.prober.probe(join(context.folder, link), options).catch((error: unknown) => {
      throw ofWatermark(error, input, context)
    })
    inputs.push({ ...input, probe })
  }
  const [first] = inputs
  if (first && context.request.input.subtitles) {
    const beside = await placeSubtitles(context, fetched, first.probe)
    const streams = [...first.probe.streams, ...beside.map(({ stream }) => stream)]
    inputs[0] = { ...first, beside, probe: { ...first.probe, streams } }
  }
  if (inputs[0] && context.request.outputs.some(({ split }) => split !== undefined)) {
    inputs[0] = { ...inputs[0], frames: await framesOf(context, inputs[0]) }
  }
  return inputs
}

/** What stands against a file that is nothing but a watermark says so. */
function ofWatermark(error: unknown, { uri }: FetchedInput, { request }: JobContext): unknown {
  const output = request.outputs.find((each) => watermarkOf(each) === uri)
  const isPlayed = inputsOf(request).some((input) => input.uri === uri || input.soundtrack === uri)
  if (!(error instanceof FfleetError) || output === undefined || isPlayed) return error
  const detail = `The watermark of the output \`${output.name}\` (\`video.watermark.uri\`): ${error.message}`
  return new FfleetError(error.code, detail, { hint: error.hint, cause: error })
}
