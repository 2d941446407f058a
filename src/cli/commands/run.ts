import { defineCommand } from 'citty'
import { EXIT } from '../exit.js'
import { exitCodeOf } from '../interrupt.js'
import { JSON_OPTION } from '../print.js'
import { type Arguments, RANGE_OPTIONS, rangeOf } from '../request/arguments.js'
import { OUTPUT_OPTIONS, outputChoices, RECIPE_OPTIONS } from '../request/outputs.js'
import { PLAY_OPTIONS, playOf } from '../request/play.js'
import { clientOf, LOCAL_OPTION, SERVER_OPTION, serverInForce, serverUnlessLocal } from '../server.js'

export default defineCommand({
  meta: {
    name: 'run',
    description:
      'Transcode files now, on this machine; on a server when --server or FFLEET_URL names one. Folders are looked through for media. Ctrl-C cancels and leaves nothing half-written',
  },
  args: {
    'input…': {
      type: 'positional',
      required: true,
      description: 'Files and folders to read; with a server, paths in its media root, or files that are sent to it',
    },
    output: {
      ...OUTPUT_OPTIONS.output,
      description:
        'File to write, with several inputs a folder; may be given again for another output. Default: beside the input',
    },
    preset: {
      ...OUTPUT_OPTIONS.preset,
      description: "What to make; default by the output's extension, else h264-720p",
    },
    ...RECIPE_OPTIONS,
    ...RANGE_OPTIONS,
    ...PLAY_OPTIONS,
    join: { type: 'boolean', description: 'All inputs played one after another, as one film or one sound' },
    force: { type: 'boolean', alias: 'f', description: 'Replace outputs that are there already' },
    ...LOCAL_OPTION,
    ...JSON_OPTION,
    ...SERVER_OPTION,
  },
  async run({ args, data }) {
    const read = data as Arguments
    const words = read.positionals
    const named = serverUnlessLocal(args)
    const isJoined = args.join ?? false
    const { isOneFile } = await import('../run/plan-local.js')
    const { Show } = await import('../run/show-run.js')
    const settings = { ...rangeOf(args), play: playOf(args, read) }
    const options = { force: args.force ?? false, isJoined, settings }
    const json = args.json ?? false
    if (named !== null) {
      const client = clientOf(args)
      const { serverInputs } = await import('../request/server-inputs.js')
      const { runRemote } = await import('../run/run-remote.js')
      const inputs = await serverInputs(client, words, { keepRepeated: isJoined })
      const several = inputs.several && !isJoined
      const choices = outputChoices(read, { pathsAreFolders: several })
      const show = new Show({ json, several, server: client.baseUrl })
      if (named === 'FFLEET_URL') show.note(`Running on ${serverInForce()}; --local runs on this machine.`)
      return exitCode(show, await show.watching((watching) => runRemote(client, inputs, choices, watching, options)))
    }
    const several = !isJoined && !(await isOneFile(words))
    const choices = outputChoices(read, { pathsAreFolders: several })
    const { runLocal } = await import('../run/run-local.js')
    const show = new Show({ json, several, server: null })
    return exitCode(show, await show.watching((watching) => runLocal(words, choices, watching, options)))
  },
})

type Shown = InstanceType<typeof import('../run/show-run.js').Show>

function exitCode(show: Shown, { items, interruption }: Awaited<ReturnType<Shown['watching']>>): number {
  show.result(items)
  const error = items.find((item) => item.error !== null)?.error
  // Of one input it is said as that of any command.
  if (error && items.length === 1) throw error
  const open = items.filter(({ skipped }) => skipped === null)
  const isDone = items.length > 0 && open.every(({ job, error }) => job?.state === 'completed' && error === null)
  if (interruption === null) return isDone ? EXIT.ok : EXIT.failed
  if (isDone) return EXIT.ok
  return interruption === 'EPIPE' ? EXIT.interrupted : exitCodeOf(interruption)
}
