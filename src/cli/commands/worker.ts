import { defineCommand } from 'citty'
import { CommandError } from '../exit.js'

export default defineCommand({
  meta: { name: 'worker', description: 'Start one worker alone, on the Redis of FFLEET_REDIS_URL; Ctrl-C drains' },
  args: {
    once: {
      type: 'boolean',
      description: 'Take one job, run it to its end and leave; also when none comes for FFLEET_ONCE_IDLE_MS',
    },
  },
  async run({ args }) {
    const { prepareConfig } = await import('../../config/prepare.js')
    const { createLog } = await import('../../log/index.js')
    const { startWorker } = await import('../../../workers/transcode.js')
    const { serve } = await import('../stack/serve.js')
    const config = await prepareConfig('worker')
    if (config.redisUrl === null) {
      throw new CommandError('A worker alone needs FFLEET_REDIS_URL, the Redis of its fleet. `ffleet up` has its own.')
    }
    const log = createLog({ logLevel: config.logLevel, part: 'worker' })
    for (const warning of config.warnings) log.warn(warning)
    const exitCode = await serve(log, async () => {
      const worker = await startWorker(config, { isOnce: args.once === true })
      process.send?.({ ready: worker.id })
      return {
        left: worker.left,
        async stop({ drain }) {
          const drained = worker.drain(null)
          if (!drain) worker.releaseAll()
          await drained
        },
      }
    })
    // It has left the fleet: what it may still wait for, such as a Redis that is away, holds nobody up.
    process.exit(exitCode)
  },
})
