import { defineCommand } from 'citty'
import { shownRedisUrl } from '../../redis-url.js'
import { print, stdoutColumns, stdoutStyle } from '../print.js'
import { count } from '../render/figures.js'
import { facts } from '../render/table.js'
import { integerOf } from '../request/arguments.js'
import { FIRST_KEY_OPTION, showFirstKey } from '../stack/first-key.js'

export default defineCommand({
  meta: {
    name: 'up',
    description:
      'Start Redis (its own, unless FFLEET_REDIS_URL is set), the API and workers; Ctrl-C drains, twice stops at once',
  },
  args: {
    workers: {
      type: 'string',
      valueHint: 'N',
      description: 'Worker processes, 0 to 64; default 1. Each has FFLEET_SLOTS slots',
    },
    ...FIRST_KEY_OPTION,
  },
  async run({ args }) {
    const workers = integerOf(args.workers, '--workers', 0, 64) ?? 1
    const { prepareConfig } = await import('../../config/prepare.js')
    const { createLog, relayLog } = await import('../../log/index.js')
    const { startStack } = await import('../stack/stack.js')
    const { serve } = await import('../stack/serve.js')
    const { rulesFor, startWatching } = await import('../stack/watch-folders.js')
    const config = await prepareConfig(workers > 0 ? 'up' : 'api')
    if (args['first-key']) await showFirstKey(config)
    const rules = await rulesFor(config)
    const log = createLog({ logLevel: config.logLevel, part: 'up' })
    for (const warning of config.warnings) log.warn(warning)
    const exitCode = await serve(log, async (signal) => {
      const stack = await startStack({ config, workers, log, stderr: relayLog(config.logLevel), signal })
      const watching =
        rules &&
        (await startWatching({ config, rules, log, ...stack }).catch(async (error) => {
          await stack.stop({ drain: false })
          throw error
        }))
      const { slots, mediaRoot, outputRoot, dataDir, redisUrl } = config
      const rows: [string, string][] = [
        ['page', `${stack.url}/`],
        ['API', stack.url],
        ['docs', `${stack.url}/docs`],
        ['media', `${mediaRoot} (inputs are paths in it)`],
        ['outputs', outputRoot],
        ['reports', dataDir],
        ['Redis', redisUrl === null ? 'its own' : shownRedisUrl(redisUrl)],
        ['workers', `${workers}, ${count(slots, 'slot')} each`],
        ...(rules ? [['watch folders', rules.map(({ name }) => name).join(', ')] as [string, string]] : []),
      ]
      print(`${stdoutStyle().good('ffleet is up.')}\n${facts(rows, stdoutStyle(), stdoutColumns())}`)
      print(stdoutStyle().dim('Ctrl-C lets jobs finish and stops; a second one hands them back and stops at once.'))
      return {
        gone: stack.gone,
        async stop(how) {
          await watching?.stop()
          await stack.stop(how)
        },
      }
    })
    // All is closed: what may still wait for a Redis that is away holds nobody up.
    process.exit(exitCode)
  },
})
