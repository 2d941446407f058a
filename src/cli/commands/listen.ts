import { defineCommand } from 'citty'
import { isSecret } from '../../webhooks/index.js'
import { UsageError } from '../exit.js'
import { exitCodeOf, interruptible } from '../interrupt.js'
import { JSON_OPTION } from '../print.js'
import { integerOf } from '../request/arguments.js'
import { clientOf, SERVER_OPTION } from '../server.js'

const DEFAULT_PORT = 4281
/** Of deliveries: the job, and the event. */
const DELIVERY = /^([0-9A-HJKMNP-TV-Z]{26})_(\d{1,15}-\d{1,15})$/

export default defineCommand({
  meta: { name: 'listen', description: 'Receive, verify and print webhooks on this machine, until Ctrl-C' },
  args: {
    port: {
      type: 'string',
      valueHint: 'N',
      description: `Port on 127.0.0.1; default ${DEFAULT_PORT}, 0 takes a free one`,
    },
    secret: { type: 'string', valueHint: 'WHSEC', description: 'What they are signed with; default: asks the server' },
    since: {
      type: 'string',
      valueHint: 'ID',
      description: 'Has the server send once more what came behind this delivery, by its webhook-id',
    },
    ...JSON_OPTION,
    ...SERVER_OPTION,
  },
  async run({ args }) {
    const port = integerOf(args.port, '--port', 0, 65_535) ?? DEFAULT_PORT
    const [, job, event] = DELIVERY.exec(args.since ?? '') ?? []
    if (args.since !== undefined && job === undefined) {
      throw new UsageError('--since takes the webhook-id of a delivery; `ffleet deliveries JOB` lists them.')
    }
    if (args.secret !== undefined && !isSecret(args.secret)) {
      throw new UsageError('--secret takes one that begins with whsec_; `ffleet webhooks secret` shows it.')
    }
    const client = clientOf(args)
    const secret = args.secret ?? (await client.webhookSecret()).secret
    const { listenForWebhooks } = await import('../listen.js')
    const ended = await interruptible(async (signal) => {
      const listening = await listenForWebhooks({ port, secret, json: args.json ?? false })
      try {
        process.stderr.write(
          `Listening at ${listening.url}; Ctrl-C ends it. Send jobs with --webhook ${listening.url}\n`,
        )
        if (job !== undefined) await client.replayDeliveries(job, event!, { signal })
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      } finally {
        await listening.close()
      }
    })
    return 'interruption' in ended ? exitCodeOf(ended.interruption) : undefined
  },
})
