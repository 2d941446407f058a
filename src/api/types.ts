import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify'
import type { KeyRing } from '../callers/index.js'
import type { Font } from '../fonts/index.js'
import type { Logger } from '../log/index.js'
import type { Metrics } from '../metrics.js'
import type { PresetBook } from '../presets/index.js'
import type { Queue } from '../queue/index.js'
import type { RemoteStore } from '../remote/index.js'
import type { Storage } from '../storage/index.js'
import type { Limits } from './callers/limits.js'
import type { Sessions } from './callers/sessions.js'
import type { Certificate } from './certificate.js'
import type { Cursors } from './cursors.js'
import type { JobView } from './job-view.js'
import type { EventHub } from './live/event-hub.js'
import type { EventStreams } from './live/sse.js'
import type { Page } from './page.js'
import type { Submitter } from './submission/submitter.js'
import type { WatchLinks } from './watch/watch-links.js'

/** What the API writes to its log; pino's logger is one. */
export type ApiLog = Pick<Logger, 'error' | 'warn' | 'info' | 'debug' | 'child'>

/** What the API is built on; it closes none of it. */
export type ApiOptions = {
  queue: Pick<
    Queue,
    | 'jobs'
    | 'schedules'
    | 'events'
    | 'fleet'
    | 'inspections'
    | 'secret'
    | 'countRate'
    | 'setQuotas'
    | 'revocations'
    | 'webhooks'
    | 'board'
    | 'watchedFiles'
    | 'uploads'
  >
  presets: PresetBook
  /** That workers draw text with. Default the one that comes with ffleet. */
  font?: Font
  storage: Pick<Storage, 'inputs' | 'outputs' | 'parts' | 'reports' | 'roots' | 'scratch' | 'uploads'>
  log: ApiLog
  metrics: Metrics
  /** Who may ask. Default: whoever is on this machine, and nobody else. */
  keys?: KeyRing | undefined
  /** How much a caller may ask, where there are keys. Default: as much as they like. */
  limits?: Limits
  /** Addresses and networks of proxies that are believed whom they ask for, by `X-Forwarded-For`. Default: none. */
  trustedProxies?: readonly string[]
  /** Whether jobs may be made by ffmpeg's own arguments. Default false. */
  arguments?: boolean
  /** What it speaks TLS with. Default: plain HTTP. */
  certificate?: Certificate | undefined
  /** Origins whose pages may read answers, and, where there are no keys, change things. Default none. */
  corsOrigins?: readonly string[]
  /** How long a slot of a schedule waits, in ms, until it counts as missed. Default 60 s. */
  scheduleLateMs?: number
  /** How long the head of a request may take to come in, and its body; 30 s. */
  requestMs?: number
  /** How long a watch link lives, in ms. Default 30 days. */
  watchLinksMs?: number
  /** Checks inputs that lie elsewhere. Default: public ones are accepted. */
  remote?: Pick<RemoteStore, 'check'>
  /** Networks that webhooks may lead to though they are not public. Default none. */
  webhookNetworks?: readonly string[]
  /** The largest file that may be sent, and how long one stays that nobody goes on with, or no job reads. */
  uploads: { maxBytes: number; keepMs: number }
  /** Whether people look at it in browsers: its web page, the document of the API, bull-board. Default true. */
  pages?: boolean
  /** How the web page is shown. Default: at the root, in frames of the server's own pages. */
  page?: Page
}

/** What every route may use. */
export type ApiParts = ApiOptions & {
  hub: EventHub
  /** The same events for those who hold a watch link. */
  watchHub: EventHub
  streams: EventStreams
  submitter: Submitter
  view: JobView
  cursors: Cursors
  watchLinks: WatchLinks
  /** Null where there are no keys. */
  sessions: Sessions | null
}

export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression<RawServerDefault>,
  RawReplyDefaultExpression<RawServerDefault>,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

/** One resource: adds its routes. */
export type Routes = (app: Api, parts: ApiParts) => void
