import { defineCommand } from 'citty'
import { UsageError } from '../exit.js'
import { JSON_OPTION } from '../print.js'
import type { Arguments } from '../request/arguments.js'
import { OUTPUT_OPTIONS, outputChoices, RECIPE_OPTIONS } from '../request/outputs.js'
import { clientOf, LOCAL_OPTION, SERVER_OPTION, serverUnlessLocal } from '../server.js'

export default defineCommand({
  meta: {
    name: 'batch',
    description:
      'Transcode a whole library: plan, ask, run, and go on after whatever stopped it, by the same command. On this machine; on a server when --server or FFLEET_URL names one, whose media root this machine has to see (FFLEET_MEDIA_ROOT)',
  },
  args: {
    'pattern…': {
      type: 'positional',
      required: true,
      description: 'Files, folders and patterns such as "movies/**/*.avi"; with a server, in its media root',
    },
    preset: { ...OUTPUT_OPTIONS.preset, description: 'What to make of each; default h264-720p' },
    output: {
      ...OUTPUT_OPTIONS.output,
      description: 'Folder for the outputs. Default: beside the originals; with a server, in its output root',
    },
    ...RECIPE_OPTIONS,
    replace: { type: 'boolean', description: 'Put each output in the place of its original, once it is verified' },
    'replace-if-smaller': { type: 'boolean', description: 'The same, but only where the output is smaller' },
    'allow-losses': {
      type: 'boolean',
      description: 'Replace originals, too, of which something would not be in the output: streams, colours, channels',
    },
    reencode: { type: 'boolean', description: 'Replace originals, too, that have the form of the preset already' },
    name: { type: 'string', valueHint: 'NAME', description: 'Of the batch; default follows from the command' },
    'dry-run': { type: 'boolean', description: 'Show the plan and stop' },
    yes: { type: 'boolean', alias: 'y', description: 'Do not ask' },
    ...LOCAL_OPTION,
    ...JSON_OPTION,
    ...SERVER_OPTION,
  },
  async run({ args, data }) {
    const read = data as Arguments
    const named = serverUnlessLocal(args)
    if (args.replace && args['replace-if-smaller'])
      throw new UsageError('Give either --replace or --replace-if-smaller.')
    const replacing = args.replace ? 'always' : args['replace-if-smaller'] ? 'if-smaller' : 'never'
    const [choice, second] = outputChoices(read, { pathsAreFolders: true })
    if (second !== undefined) throw new UsageError('A batch makes one output of each file; give one preset.')
    if (replacing !== 'never' && choice!.path !== null) {
      throw new UsageError('What replaces its original goes nowhere else; leave -o or the replacing out.')
    }
    const name = args.name ?? null
    if (name !== null && !/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(name)) {
      throw new UsageError('--name takes up to 64 letters, digits, dots, dashes and underscores.')
    }
    const { batch } = await import('../batch/batch.js')
    return batch({
      words: read.positionals,
      choice: choice!,
      replacing,
      allowLosses: args['allow-losses'] ?? false,
      reencode: args.reencode ?? false,
      name,
      client: named !== null ? clientOf(args) : null,
      dryRun: args['dry-run'] ?? false,
      yes: args.yes ?? false,
      json: args.json ?? false,
    })
  },
})
