import type { ArgumentsRecipe, NormalizedCommand } from './arguments.js'
import type { JobEventType } from './event-types.js'
import { inputsOf, type NormalizedInput } from './input.js'
import type { Preset } from './preset.js'
import type { Split } from './split.js'

/** One output of a job after validation: preset looked up, overrides merged, path and name decided. */
export type NormalizedOutput = {
  name: string
  /** Name of the preset, or `arguments`. */
  preset: string
  /** The preset with the overrides of the request merged in, or its arguments: what the worker runs, even if the preset changes later. */
  recipe: Preset | ArgumentsRecipe
  /** Relative to the output root, normalized, `/` as separator; null: `<jobId>/<name>.<ext>`. */
  path: string | null
  /** What stands at the path when the output comes: `rename` has become a free path. */
  onExists: 'fail' | 'replace'
  /** Whether it is encoded in parts; left out: never. */
  split?: Exclude<Split, 'never'>
}

/** Who is told of a job, and of what. */
export type NormalizedWebhook = { url: string; events: JobEventType[]; progressIntervalMs: number }

/** A job request after validation, as the queue stores it and the worker reads it. Defaults are filled in. */
export type NormalizedJob = {
  input: NormalizedInput
  /** All that is played one after another, `input` first; left out where there is that alone. */
  inputs?: NormalizedInput[]
  /** Size of all that is read when the job was submitted; null where it is not known, as of what is yet to be made. For forecast and usage. */
  inputBytes: number | null
  outputs: NormalizedOutput[]
  /** What ffmpeg is told of the inputs, where the outputs are made by arguments; null, or left out in older records: by presets. */
  command?: NormalizedCommand | null
  /** 0 to 100, higher first. */
  priority: number
  maxAttempts: number
  timeoutMs: number | null
  delayMs: number
  /** The jobs that it follows, each once, those of `job:` inputs among them; left out where it follows none. */
  after?: string[]
  tags: Record<string, string>
  webhook: NormalizedWebhook | null
}

/** Whether it can be played before all of it is there. */
export function playsWhileEncoding({ recipe }: Pick<NormalizedOutput, 'recipe'>): boolean {
  return recipe.kind === 'ladder' && recipe.ladder?.playable === 'while-encoding'
}

/** The files that a job reads, as they are named: in the order in which ffmpeg's arguments count them, else each once. */
export function filesOf(job: NormalizedJob): string[] {
  if (job.command) return [job.input.uri, ...job.command.inputs.map(({ uri }) => uri)]
  const named = inputsOf(job).flatMap(({ uri, soundtrack, subtitles = [] }) => [
    uri,
    ...(soundtrack === undefined ? [] : [soundtrack]),
    ...subtitles.map((file) => file.uri),
  ])
  return [...new Set([...named, ...watermarksOf(job)])]
}

/** The file of the picture that is drawn on an output; null: none is. */
export function watermarkOf({ recipe }: Pick<NormalizedOutput, 'recipe'>): string | null {
  return recipe.kind === 'arguments' ? null : (recipe.video?.watermark?.uri ?? null)
}

const watermarksOf = ({ outputs }: NormalizedJob) => outputs.flatMap((output) => watermarkOf(output) ?? [])

/** Those of them that are films, sounds and pictures. */
export function mediaOf(job: NormalizedJob): string[] {
  if (job.command) return filesOf(job)
  const played = inputsOf(job).flatMap(({ uri, soundtrack }) => (soundtrack === undefined ? [uri] : [uri, soundtrack]))
  return [...new Set([...played, ...watermarksOf(job)])]
}
