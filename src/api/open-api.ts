/** The API with all that it needs, on a queue of its own; it does not listen yet. */
import { KeyFileError, KeyRing } from '../callers/index.js'
import { fontOf } from '../config/font.js'
import { type Config, ConfigError } from '../config/index.js'
import { SETTINGS } from '../config/settings.js'
import type { Logger } from '../log/index.js'
import { createMetrics } from '../metrics.js'
import { loadPresets } from '../presets/index.js'
import { createQueue, type Queue, type RedisSource } from '../queue/index.js'
import { openRemote, remoteOptions } from '../remote/index.js'
import { openStorage } from '../storage/index.js'
import { keepSending } from '../storage/reports/index.js'
import { createApi } from './app.js'
import { Certificate, CertificateError } from './certificate.js'
import { type HeldRoots, holdRoots, type OtherRoots } from './hold-roots.js'
import type { Api } from './types.js'
import { deliverWebhooks } from './webhooks.js'

export type OpenApi = {
  app: Api
  queue: Queue
  /** Resolves when it cannot go on: Redis, away at its start, knows an API with other folders. */
  gone: Promise<Error>
  close(): Promise<void>
}

export type OpenApiOptions = {
  /** Default: that of the settings. */
  redis?: RedisSource
  /** Its folders become those of the fleet, and are marked as such. Default true. */
  ownRoots?: boolean
  /** Whether people look at it in browsers; see `ApiOptions`. Default true. */
  pages?: boolean
}

/** @throws ConfigError when another API of the fleet has other folders. */
export async function openApi(
  config: Config,
  log: Logger,
  { redis = config.redisUrl!, ownRoots = true, pages = true }: OpenApiOptions = {},
): Promise<OpenApi> {
  const queue = await createQueue({
    redis,
    backoffMs: config.backoffMs,
    keepEventsMs: config.keepEventsMs,
    onError: (error) => log.warn({ err: error }, 'queue'),
  })
  let release = async (): Promise<void> => {}
  let keys: KeyRing | null = null
  let certificate: Certificate | null = null
  try {
    const presets = await loadPresets(config.presetsDir ?? undefined)
    const font = fontOf(config)
    const storage = openStorage(config)
    keys = config.keysFile === null ? null : await openKeys(config.keysFile, log)
    certificate = await openCertificate(config, log)
    const held = ownRoots ? await holdFleetRoots({ queue, storage, log }, config) : null
    release = async () => held?.stop()
    const { basePath, frameAncestors, watchLinksMs } = config
    const page = { basePath, frameAncestors }
    const limits = {
      reads: config.maxReadsPerMinute,
      changes: config.maxChangesPerMinute,
      unknown: config.maxUnknownPerMinute,
      streams: config.maxEventStreams,
    }
    const metrics = createMetrics()
    const uploads = { maxBytes: config.maxInputBytes, keepMs: config.keepUploadsMs }
    const app = await createApi({
      ...{ queue, presets, font, storage, log, metrics, limits, watchLinksMs, pages, page, uploads },
      trustedProxies: config.trustedProxies,
      corsOrigins: config.corsOrigins,
      arguments: config.arguments === 'on',
      remote: openRemote(remoteOptions(config)),
      webhookNetworks: config.webhookNetworks,
      ...(keys && { keys }),
      ...(certificate && { certificate }),
    })
    // Workers sweep too; without one there is still somebody to end what was cancelled and to forget what is old.
    const sweeper = queue.startSweeper({
      keepJobsMs: config.keepJobsMs,
      keepJobsCount: config.keepJobsCount,
      onForgotten: async (ids) => {
        for (const id of ids) await storage.reports.remove(id)
      },
    })
    // What workers have sent here, where it is on its way to a bucket.
    const reports = keepSending(storage.reports, queue.attemptsPast, (error) =>
      log.warn({ err: error }, 'reports wait to be sent'),
    )
    const deliverer = deliverWebhooks({ queue, metrics }, config)
    return {
      app,
      queue,
      gone: held ? held.others.then((others) => otherRoots(others, config)) : new Promise(() => {}),
      async close() {
        reports.stop()
        await sweeper.stop()
        await app.close()
        await deliverer?.close()
        await keys?.close()
        certificate?.close()
        await release()
        await queue.close()
      },
    }
  } catch (error) {
    await keys?.close()
    certificate?.close()
    await release()
    await queue.close()
    throw error
  }
}

async function openKeys(path: string, log: Logger): Promise<KeyRing> {
  return KeyRing.open(path, log).catch((error) => {
    if (!(error instanceof KeyFileError)) throw error
    const takes = `a file that \`ffleet keys add\` made: ${error.message}`
    throw new ConfigError([{ key: SETTINGS.keysFile.key, got: path, takes }])
  })
}

async function openCertificate({ tlsCert: cert, tlsKey: key }: Config, log: Logger): Promise<Certificate | null> {
  if (cert === null || key === null) return null
  return Certificate.open({ cert, key }, log).catch((error) => {
    if (!(error instanceof CertificateError)) throw error
    const [setting, got] = error.file === 'cert' ? [SETTINGS.tlsCert, cert] : [SETTINGS.tlsKey, key]
    throw new ConfigError([{ key: setting.key, got, takes: error.message }])
  })
}

async function holdFleetRoots(parts: Parameters<typeof holdRoots>[0], config: Config): Promise<HeldRoots> {
  const held = await holdRoots(parts)
  if ('stop' in held) return held
  throw otherRoots(held, config)
}

function otherRoots(others: OtherRoots, config: Config): ConfigError {
  const takes = `the folder that the API on ${others.host} has; one that was killed counts as there for two minutes`
  return new ConfigError([
    ...(others.outputs ? [{ key: SETTINGS.outputRoot.key, got: config.outputRoot, takes }] : []),
    ...(others.data ? [{ key: SETTINGS.dataDir.key, got: config.dataDir, takes }] : []),
    // Where they lie in the data folder it is that which is another one.
    ...(others.reports && config.reportRoot ? [{ key: SETTINGS.reportRoot.key, got: config.reportRoot, takes }] : []),
  ])
}
