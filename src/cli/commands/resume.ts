import { defineCommand } from 'citty'
import { JSON_OPTION } from '../print.js'
import { printQueue } from '../render/queue-facts.js'
import { clientOf, SERVER_OPTION } from '../server.js'

export default defineCommand({
  meta: { name: 'resume', description: 'Undo `ffleet pause`' },
  args: { ...JSON_OPTION, ...SERVER_OPTION },
  async run({ args }) {
    printQueue(await clientOf(args).resume(), args.json ?? false)
  },
})
