import { defineCommand } from 'citty'
import { JSON_OPTION } from '../print.js'
import { printQueue } from '../render/queue-facts.js'
import { clientOf, SERVER_OPTION } from '../server.js'

export default defineCommand({
  meta: { name: 'queue', description: 'Show how many jobs wait, run and have ended, and whether the queue is paused' },
  args: { ...JSON_OPTION, ...SERVER_OPTION },
  async run({ args }) {
    printQueue(await clientOf(args).queue(), args.json ?? false)
  },
})
