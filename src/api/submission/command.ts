/** Requests whose outputs are made by ffmpeg's arguments: what they may say, and what stands against it. */
import { type CommandFault, mediaTypeOf, readCommand } from '../../arguments/index.js'
import {
  ARGUMENTS,
  type ArgumentsRecipe,
  FfleetError,
  INPUT_EDITS,
  type JobRequest,
  type NormalizedCommand,
} from '../../contract/index.js'
import { fieldName } from './explain.js'
import type { Fault } from './faults.js'

/** Whether who asks may send ffmpeg's arguments; else why not. */
export type CommandPermission = { accepted: true } | { accepted: false; because: string }

/**
 * How each output is made by arguments; null for a request that only names presets.
 *
 * @throws FfleetError ARGUMENTS_NOT_ACCEPTED, before anything is said of them.
 */
export function recipesOf(
  request: JobRequest,
  permission: CommandPermission,
  faults: Fault[],
): (ArgumentsRecipe | null)[] | null {
  const by = request.outputs.map(({ preset }) => preset === ARGUMENTS)
  const invalid = (pointer: string, detail: string) => faults.push({ code: 'INVALID_REQUEST', pointer, detail })
  if (!by.includes(true)) {
    if (request.arguments !== undefined) {
      invalid('/arguments', `\`arguments\` stands beside outputs of the preset \`${ARGUMENTS}\` alone; leave it out.`)
    }
    for (const [i, output] of request.outputs.entries()) {
      if (output.arguments !== undefined) {
        invalid(
          `/outputs/${i}/arguments`,
          `\`outputs[${i}].arguments\` belongs to the preset \`${ARGUMENTS}\`; leave it out.`,
        )
      }
    }
    return null
  }
  if (!permission.accepted) throw new FfleetError('ARGUMENTS_NOT_ACCEPTED', permission.because)
  for (const [i, output] of request.outputs.entries()) {
    if (!by[i]) {
      invalid(
        `/outputs/${i}/preset`,
        `\`outputs[${i}].preset\` must be \`${ARGUMENTS}\` as that of the others: one command makes all of them.`,
      )
    }
    for (const field of ['video', 'audio'] as const) {
      if (output[field] === undefined) continue
      invalid(`/outputs/${i}/${field}`, `\`outputs[${i}].${field}\` belongs to a preset; say it in \`arguments\`.`)
    }
  }
  if (request.inputs !== undefined) {
    invalid('/inputs', '`inputs` does not go with arguments; say further ones in `arguments.inputs`.')
  }
  if (typeof request.input === 'object') {
    if (request.input.subtitles) {
      invalid('/input/subtitles', '`input.subtitles` goes with presets; name the files in `arguments.inputs`.')
    }
    for (const field of ['startMs', 'endMs', ...INPUT_EDITS] as const) {
      if (request.input[field] == null) continue
      invalid(
        `/input/${field}`,
        `\`input.${field}\` does not go with arguments; say it in \`arguments.input\` or in filters, such as with -ss, -t or -to.`,
      )
    }
  }
  return by.includes(false) ? by.map(() => null) : readRecipes(request, faults)
}

function readRecipes(request: JobRequest, faults: Fault[]): (ArgumentsRecipe | null)[] {
  const { input, inputs, filter } = commandOf(request)
  const lists = request.outputs.map((output) => output.arguments ?? [])
  const read = readCommand({
    inputs: [input, ...inputs.map((each) => each.arguments)],
    filter,
    outputs: request.outputs.map(({ path = null }, i) => ({ options: lists[i]!, path })),
  })
  faults.push(...read.faults.map(fieldFault))
  if (read.faults.length > 0) return lists.map(() => null)
  return read.command.outputs.map(({ container, extension }, i) => {
    const mediaType = mediaTypeOf(container, extension)
    return { kind: 'arguments', container, extension, mediaType, arguments: withoutFormat(lists[i]!) }
  })
}

/** What ffmpeg is told of the inputs; nothing where the request says nothing. */
export function commandOf({ arguments: given = {} }: JobRequest): NormalizedCommand {
  const { input = [], inputs = [], filter = null } = given
  return { input, inputs: inputs.map(({ uri, arguments: list = [] }) => ({ uri, arguments: list })), filter }
}

function fieldFault(fault: CommandFault): Fault {
  const pointer = pointerOf(fault)
  return {
    code: fault.of === 'path' ? 'INVALID_REQUEST' : 'ARGUMENT_NOT_ALLOWED',
    pointer,
    detail: `${fieldName(pointer)}: ${fault.detail}.`,
  }
}

function pointerOf(fault: CommandFault): string {
  switch (fault.of) {
    case 'input':
      return fault.number === 0
        ? `/arguments/input/${fault.index}`
        : `/arguments/inputs/${fault.number - 1}/arguments/${fault.index}`
    case 'output':
      return `/outputs/${fault.number}/arguments/${fault.index}`
    case 'path':
      return `/outputs/${fault.number}/path`
    case 'filter':
      return '/arguments/filter'
  }
}

/** The container stands in the recipe. */
function withoutFormat(list: readonly string[]): string[] {
  return list.filter((text, i) => text !== '-f' && list[i - 1] !== '-f')
}
