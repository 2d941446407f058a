import { defineCommand } from 'citty'
import { print } from '../print.js'
import { clientOf, SERVER_OPTION } from '../server.js'

export default defineCommand({
  meta: { name: 'drain', description: 'Let a worker finish what it runs, take no more, and end' },
  args: {
    worker: { type: 'positional', required: true, description: 'Id of the worker, as `ffleet workers` shows it' },
    ...SERVER_OPTION,
  },
  async run({ args }) {
    await clientOf(args).drain(args.worker)
    print(`${args.worker} drains.`)
  },
})
