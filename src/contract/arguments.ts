/** Jobs whose outputs are made by ffmpeg's own arguments in place of presets. */
import { Closed, type Static, Type } from './schema.js'

/** In place of a preset's name: the output is made by arguments. No preset has this name. */
export const ARGUMENTS = 'arguments'

const options = (description: string) => Type.Array(Type.String({ maxLength: 16_384 }), { maxItems: 256, description })

/** Of one output, behind the inputs: `["-c:v", "libx264", "-vf", "scale=320:-2"]`. */
export const OutputArguments = options(
  'Of the preset `arguments`: options of ffmpeg for this output, such as `-c:v`, `libx264`. The file itself is `path`.',
)

const FurtherInput = Closed({
  /** Path relative to the media root, or `job:<id>/<output>`. */
  uri: Type.String({
    minLength: 1,
    maxLength: 4096,
    description: 'Path relative to the media root, or `job:<id>/<output>`.',
  }),
  /** Options of ffmpeg for this input, such as `-ss`, `2`. */
  arguments: Type.Optional(options('Options of ffmpeg for this input, such as `-ss`, `2`.')),
})

export const CommandRequest = Closed(
  {
    /** Options of ffmpeg for the input, which has the number 0. */
    input: Type.Optional(options('Options of ffmpeg for the input, which has the number 0.')),
    /** Further inputs, with the numbers from 1 on. */
    inputs: Type.Optional(
      Type.Array(FurtherInput, { maxItems: 15, description: 'Further inputs, with the numbers from 1 on.' }),
    ),
    /** A graph of filters over all inputs, as `-filter_complex` takes it. */
    filter: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 16_384,
        description: 'A graph of filters over all inputs, as `-filter_complex` takes it.',
      }),
    ),
  },
  { description: 'Beside outputs of the preset `arguments`: what ffmpeg is told of the inputs.' },
)
export type CommandRequest = Static<typeof CommandRequest>

/** How an output of arguments is made: what a `Preset` is for one of a preset. */
export type ArgumentsRecipe = {
  kind: 'arguments'
  /** Name of ffmpeg's muxer. */
  container: string
  extension: string
  mediaType: string
  /** Without `-f` and the file. */
  arguments: string[]
}

/** What a job of arguments tells ffmpeg beside its outputs. */
export type NormalizedCommand = {
  /** Of the job's input. */
  input: string[]
  inputs: { uri: string; arguments: string[] }[]
  filter: string | null
}
