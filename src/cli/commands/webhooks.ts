import { defineCommand } from 'citty'
import { UsageError } from '../exit.js'
import { JSON_OPTION, print, printJson } from '../print.js'
import { clientOf, SERVER_OPTION } from '../server.js'

export default defineCommand({
  meta: {
    name: 'webhooks',
    description: 'Show or rotate the secret that webhooks are signed with; needs a key of the role admin',
  },
  args: {
    part: { type: 'positional', required: true, description: '`secret`' },
    rotate: { type: 'boolean', description: 'Make a new one; the one before signs beside it for a day' },
    tenant: { type: 'string', valueHint: 'NAME', description: 'That of a tenant; for a key without one' },
    ...JSON_OPTION,
    ...SERVER_OPTION,
  },
  async run({ args }) {
    const { part, rotate = false, tenant, json } = args
    if (part !== 'secret') throw new UsageError(`There is no "${part}"; it is secret.`)
    const client = clientOf(args)
    const told = await (rotate ? client.rotateWebhookSecret({ tenant }) : client.webhookSecret({ tenant }))
    if (json) return printJson(told)
    // To stdout the secret alone, so that a program can take it.
    if (told.formerUntil !== null)
      process.stderr.write(`The secret before signs beside it until ${told.formerUntil}.\n`)
    print(told.secret)
  },
})
