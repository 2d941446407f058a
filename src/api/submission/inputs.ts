/** What a request is made from, and what stands against that. */
import {
  burnsSubtitles,
  INPUT_EDITS,
  type InputRequest,
  inputRequests,
  type JobRequest,
  MAX_INPUTS,
  type NormalizedInput,
  type Preset,
} from '../../contract/index.js'
import { fieldName } from './explain.js'
import type { Fault } from './faults.js'

/** What is played one after another, at least one; what stands against it is told. */
export function normalizeInputs(request: JobRequest, faults: Fault[]): [NormalizedInput, ...NormalizedInput[]] {
  const invalid = (pointer: string, detail: string) => faults.push({ code: 'INVALID_REQUEST', pointer, detail })
  const given = inputRequests(request)
  if (request.input === undefined && request.inputs === undefined) {
    invalid('/input', '`input` is missing; name a file, or several in `inputs`.')
  }
  if (request.input !== undefined && request.inputs !== undefined) {
    invalid('/inputs', '`inputs` stands in the place of `input`; leave one of them out.')
  }
  const played = given.reduce((sum, { request: { loop = 1 } }) => sum + loop, 0)
  if (played > MAX_INPUTS) {
    const detail = `\`inputs\` play ${played} files, counted as often as they are repeated; at most ${MAX_INPUTS}. Join some in a job of their own and name it as \`job:<id>/<output>\`.`
    invalid(request.inputs ? '/inputs' : '/input/loop', detail)
  }
  for (const { request: input, pointer } of given) {
    const { startMs, endMs, durationMs } = input
    if (startMs != null && endMs != null && startMs >= endMs) {
      const field = fieldName(`${pointer}/endMs`)
      invalid(
        `${pointer}/endMs`,
        `${field} is ${endMs}; it must be greater than ${fieldName(`${pointer}/startMs`)}, ${startMs}.`,
      )
    }
    if (durationMs !== undefined && (startMs != null || endMs != null)) {
      const field = fieldName(`${pointer}/durationMs`)
      invalid(
        `${pointer}/durationMs`,
        `${field} is of a still picture, which has no parts; leave startMs and endMs out.`,
      )
    }
  }
  for (const [i, { request: input, pointer }] of given.entries()) {
    if (input.crossfadeMs === undefined) continue
    const field = fieldName(`${pointer}/crossfadeMs`)
    const before = given[i - 1]
    const [twice] = [
      ...(input.fadeInMs === undefined ? [] : [`${pointer}/fadeInMs`]),
      ...(before?.request.fadeOutMs === undefined ? [] : [`${before.pointer}/fadeOutMs`]),
    ]
    if (before === undefined) {
      invalid(`${pointer}/crossfadeMs`, `${field} is of an input behind another; there is none before this one.`)
    } else if (twice !== undefined) {
      invalid(
        `${pointer}/crossfadeMs`,
        `${field} and ${fieldName(twice)} are two ways of the same change; leave one out.`,
      )
    }
  }
  for (const { request: input, pointer } of given) {
    if (input.subtitles === undefined || played === 1) continue
    invalid(`${pointer}/subtitles`, `${fieldName(`${pointer}/subtitles`)} ${NOT_SEVERAL}`)
  }
  const inputs = given.map(({ request: input }) => normalized(input))
  return [inputs[0] ?? normalized({ uri: '' }), ...inputs.slice(1)]
}

const NOT_SEVERAL = 'are of one input that is played once; leave them out, or burn them first and join what that makes.'

function normalized({
  uri,
  startMs = null,
  endMs = null,
  expectedDurationMs = null,
  subtitles,
  ...rest
}: InputRequest) {
  const edits = INPUT_EDITS.filter((edit) => rest[edit] !== undefined && !CHANGES_NOTHING[edit]?.(rest[edit]))
  return {
    uri,
    startMs,
    endMs,
    expectedDurationMs,
    ...(subtitles && { subtitles }),
    ...Object.fromEntries(edits.map((edit) => [edit, rest[edit]])),
  } as NormalizedInput
}

const CHANGES_NOTHING: Partial<Record<(typeof INPUT_EDITS)[number], (value: unknown) => boolean>> = {
  speed: (speed) => speed === 1,
  loop: (times) => times === 1,
}

/** What of a recipe cannot be made of clips that are decoded and joined: they have one picture and one sound. */
export function faultsOfSequence(
  recipes: readonly ({ kind: string } | null)[],
  inputs: readonly Pick<NormalizedInput, 'loop' | 'durationMs'>[],
): Fault[] {
  const isSeveral = inputs.length > 1 || inputs[0]?.loop !== undefined || inputs[0]?.durationMs !== undefined

  return recipes.flatMap((recipe, i): Fault[] => {
    if (recipe === null || recipe.kind === 'arguments') return []
    const { kind, audio, tracks } = recipe as Preset
    const invalid = (field: string, detail: string): Fault[] => [
      { code: 'INVALID_REQUEST', pointer: `/outputs/${i}${field}`, detail },
    ]
    if (kind === 'subtitles' || kind === 'attachments' || kind === 'archive') {
      return invalid(
        '/preset',
        `${fieldName(`/outputs/${i}/preset`)} keeps what lies in one file as it is; name that alone as \`input\`.`,
      )
    }
    if (kind === 'remux' || audio?.codec === 'copy') {
      const name = fieldName(`/outputs/${i}/preset`)
      return invalid(
        '/preset',
        `${name} copies; inputs that are joined or changed have to be encoded. Use a preset that does.`,
      )
    }
    const { audio: sounds = 'first', subtitles = 'none', chapters = 'none', attachments = 'none' } = tracks ?? {}
    const burns = burnsSubtitles(recipe as Preset)
    if (burns && isSeveral) {
      const name = fieldName(`/outputs/${i}/tracks/subtitles`)
      return invalid(
        '/tracks/subtitles',
        `${name}: subtitles are burnt into one film that is played once. Burn them first, and join what that makes.`,
      )
    }
    const carried = burns ? 'none' : subtitles
    if (sounds === 'first' && chapters !== 'keep' && [carried, attachments].every((choice) => choice === 'none'))
      return []
    const field = fieldName(`/outputs/${i}/tracks`)
    return invalid(
      '/tracks',
      `${field}: inputs that are joined or changed have one picture and one sound, without subtitles, attachments and chapters of their own; leave it out.`,
    )
  })
}
