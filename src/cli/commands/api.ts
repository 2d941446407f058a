import { defineCommand } from 'citty'
import { CommandError } from '../exit.js'
import { print, stdoutColumns, stdoutStyle } from '../print.js'
import { facts } from '../render/table.js'
import { FIRST_KEY_OPTION, showFirstKey } from '../stack/first-key.js'

export default defineCommand({
  meta: { name: 'api', description: 'Start the API alone, on the Redis of FFLEET_REDIS_URL' },
  args: { ...FIRST_KEY_OPTION },
  async run({ args }) {
    const { prepareConfig } = await import('../../config/prepare.js')
    const { createLog } = await import('../../log/index.js')
    const { startApi } = await import('../stack/start-api.js')
    const { serve } = await import('../stack/serve.js')
    const config = await prepareConfig('api')
    if (config.redisUrl === null) {
      throw new CommandError(
        'The API alone needs FFLEET_REDIS_URL, the Redis that its workers use. `ffleet up` has its own.',
      )
    }
    if (args['first-key']) await showFirstKey(config)
    const log = createLog({ logLevel: config.logLevel, part: 'api' })
    for (const warning of config.warnings) log.warn(warning)
    const exitCode = await serve(log, async () => {
      const api = await startApi(config, log)
      print(facts([['API', api.url]], stdoutStyle(), stdoutColumns()))
      return { gone: api.gone, stop: api.close }
    })
    // All is closed: what may still wait for a Redis that is away holds nobody up.
    process.exit(exitCode)
  },
})
