import { defineCommand } from 'citty'
import { JSON_OPTION } from '../print.js'
import { printQueue } from '../render/queue-facts.js'
import { clientOf, SERVER_OPTION } from '../server.js'

export default defineCommand({
  meta: { name: 'pause', description: 'Let workers start no more jobs until `ffleet resume`; what runs goes on' },
  args: { ...JSON_OPTION, ...SERVER_OPTION },
  async run({ args }) {
    printQueue(await clientOf(args).pause(), args.json ?? false)
  },
})
