import { defineCommand } from 'citty'
import { EXIT } from '../exit.js'
import { exitCodeOf } from '../interrupt.js'
import { JSON_OPTION } from '../print.js'
import { createRenderer } from '../render/index.js'
import { styleOf } from '../render/style.js'
import { type Arguments, RANGE_OPTIONS, rangeOf } from '../request/arguments.js'
import { OUTPUT_OPTIONS, outputChoices } from '../request/outputs.js'
import { runSummary } from '../run/run-summary.js'
import { clientOf, namesServer, SERVER_OPTION } from '../server.js'

export default defineCommand({
  meta: {
    name: 'run',
    description:
      'Transcode one file now, on this machine; on a server when --server or FFLEET_URL names one. Ctrl-C cancels it and leaves nothing half-written',
  },
  args: {
    input: { type: 'positional', required: true, description: 'File to read; with a server, a path in its media root' },
    output: {
      ...OUTPUT_OPTIONS.output,
      description: 'File to write; may be given again for another output. Default: beside the input',
    },
    preset: {
      ...OUTPUT_OPTIONS.preset,
      description: "What to make; default by the output's extension, else h264-720p",
    },
    ...RANGE_OPTIONS,
    force: { type: 'boolean', alias: 'f', description: 'Replace outputs that are there already' },
    ...JSON_OPTION,
    ...SERVER_OPTION,
  },
  async run({ args, data }) {
    const choices = outputChoices(data as Arguments)
    const json = args.json ?? false
    const options = { force: args.force ?? false, range: rangeOf(args) }
    const renderer = createRenderer({ json, quietEnd: true })
    const end = await (async () => {
      try {
        if (namesServer(args)) {
          const { runRemote } = await import('../run/run-remote.js')
          return await runRemote(clientOf(args), args.input, choices, renderer, options)
        }
        const { runLocal } = await import('../run/run-local.js')
        return await runLocal(args.input, choices, renderer, options)
      } finally {
        renderer.close()
      }
    })()
    const { job, records, outputPaths, interruption } = end
    if (job !== null && !json) {
      const empty = { report: null, reportFile: null, logFile: null }
      const out = job.state === 'completed' ? process.stdout : process.stderr
      out.write(`${runSummary(job, records ?? empty, outputPaths, styleOf(out, process.env))}\n`)
    }
    if (job?.state === 'completed') return EXIT.ok
    if (interruption === null) return EXIT.failed
    return interruption === 'EPIPE' ? EXIT.interrupted : exitCodeOf(interruption)
  },
})
