import { type Fetch, FfleetClient } from '../../client/index.js'
import { type Config, ConfigError } from '../../config/index.js'
import { SETTINGS } from '../../config/settings.js'
import type { WatchRule } from '../../contract/index.js'
import type { Logger } from '../../log/index.js'
import { createWatcherQueue } from '../../queue/index.js'
import { FolderWatch, readRules, requirePresets } from '../../watch-folders/index.js'

/**
 * The rules of a stack with its own API; null where no folder is watched.
 *
 * @throws WatchRulesError; ConfigError where the API asks for keys and there is none for it.
 */
export async function rulesFor(config: Config): Promise<WatchRule[] | null> {
  if (config.watchRules === null) return null
  if (config.keysFile !== null && config.apiKey === null) {
    const takes = `a key of role submit, because ${SETTINGS.keysFile.key} and ${SETTINGS.watchRules.key} are set: watch folders submit with it`
    throw new ConfigError([{ key: SETTINGS.apiKey.key, got: '', takes }])
  }
  return readRules(config.watchRules, config)
}

/** Watches by the rules, with a client of its own that does not wait where the watch itself does. */
export async function startWatching({
  config,
  rules,
  url,
  redisUrl,
  fetch,
  log,
}: {
  config: Config
  rules: readonly WatchRule[]
  url: string
  redisUrl: string
  fetch?: Fetch
  log: Logger
}): Promise<FolderWatch> {
  const { apiKey } = config
  const options = { baseUrl: url, retry: { attempts: 1 }, ...(apiKey !== null && { apiKey }), ...(fetch && { fetch }) }
  const client = new FfleetClient(options)
  const presets = await client.presets()
  requirePresets(config.watchRules!, rules, presets)
  const onError = (error: Error) => log.warn({ err: error }, 'queue of watch folders')
  const queue = await createWatcherQueue({ redis: redisUrl, onError })
  const { mediaRoot, watchRescanMs: rescanMs } = config
  const byName = new Map(presets.map((preset) => [preset.name, preset]))
  const watch = new FolderWatch({ mediaRoot, rules, queue, client, presets: byName, rescanMs, log })
  watch.start()
  return watch
}
