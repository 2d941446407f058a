import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ApiOptions, createApi } from '../../src/api/app.js'
import { Certificate, type CertificateFiles } from '../../src/api/certificate.js'
import { type DeliveringOptions, deliverWebhooks } from '../../src/api/webhooks.js'
import { KeyRing } from '../../src/callers/index.js'
import { createLog } from '../../src/log/index.js'
import { createMetrics } from '../../src/metrics.js'
import { loadPresets } from '../../src/presets/index.js'
import { startEmbeddedRedis } from '../../src/queue/embedded-redis.js'
import { createQueue, type Queue } from '../../src/queue/index.js'
import { openStorage, type Storage } from '../../src/storage/index.js'
import type { TestBucket } from './bucket.js'

/** An API of a test's own on a free port, with a real Redis, in a folder that goes with it. */
export type TestApi = {
  readonly url: string
  readonly folder: string
  readonly mediaRoot: string
  readonly outputRoot: string
  readonly redisUrl: string
  /** Of the Redis server. */
  redisPid(): number
  readonly queue: Queue
  readonly storage: Storage
  /** What was logged, a line each. */
  readonly logged: string[]
  close(): Promise<void>
}

/**
 * The media root holds `in.mp4`, which no part of the API looks into. `keyFile`: it asks for the keys in that file.
 * `redisUrl`: that of another one, whose fleet it joins. `presetsDir`: as the setting. `tls`: it speaks TLS with these.
 * `webhooks`: it delivers them, to this machine too. `bucket`: its outputs lie there.
 */
export async function startApi({
  keyFile,
  redisUrl,
  presetsDir,
  tls,
  webhooks,
  bucket,
  ...options
}: {
  keyFile?: string
  redisUrl?: string
  presetsDir?: string
  tls?: CertificateFiles
  webhooks?: Partial<DeliveringOptions>
  bucket?: TestBucket
} & Partial<
  Pick<
    ApiOptions,
    | 'uploads'
    | 'watchLinksMs'
    | 'scheduleLateMs'
    | 'requestMs'
    | 'limits'
    | 'trustedProxies'
    | 'arguments'
    | 'corsOrigins'
  >
> = {}): Promise<TestApi> {
  const folder = await mkdtemp(join(tmpdir(), 'ffleet-api-'))
  const folders = { mediaRoot: join(folder, 'media'), outputRoot: join(folder, 'out'), dataDir: join(folder, 'data') }
  await Promise.all(Object.values(folders).map((each) => mkdir(each)))
  await writeFile(join(folders.mediaRoot, 'in.mp4'), 'not looked at')
  const redis = redisUrl === undefined ? await startEmbeddedRedis({ folder: join(folder, 'redis') }) : null
  const queue = await createQueue({ redis: redisUrl ?? redis!.url })
  const inBucket = bucket && { outputRoot: bucket.root, s3Endpoint: bucket.endpoint, s3PathStyle: 'on' as const }
  const storage = openStorage({ ...folders, ...inBucket })
  const logged: string[] = []
  const log = createLog({ logLevel: 'info', destination: { write: (line) => void logged.push(line) } })
  const keys = keyFile === undefined ? undefined : await KeyRing.open(keyFile, log, { lookMs: 20 })
  const certificate = tls && (await Certificate.open(tls, log, { lookMs: 20 }))
  const metrics = createMetrics()
  const delivering = {
    webhookNetworks: ['127.0.0.0/8'],
    webhookConcurrency: 10,
    webhookTimeoutMs: 5_000,
    sweepMs: 200,
    ...webhooks,
  }
  const deliverer = webhooks && deliverWebhooks({ queue, metrics }, delivering)
  const api = await createApi({
    uploads: { maxBytes: 10 * 1024 ** 2, keepMs: 60_000 },
    ...options,
    ...(webhooks && { webhookNetworks: delivering.webhookNetworks }),
    certificate,
    queue,
    storage,
    presets: await loadPresets(presetsDir),
    metrics,
    log,
    keys,
  })
  await api.listen({ host: '127.0.0.1', port: 0 })
  const { port } = api.server.address() as AddressInfo
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    folder,
    ...folders,
    redisUrl: redisUrl ?? redis!.url,
    redisPid: () => redis!.pid,
    queue,
    storage,
    logged,
    async close() {
      await api.close()
      await deliverer?.close()
      await keys?.close()
      certificate?.close()
      await queue.close()
      await redis?.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
