import { randomBytes } from 'node:crypto'
import type { Server } from 'node:https'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import fastify from 'fastify'
import { FfleetError } from '../contract/index.js'
import { Closed } from '../contract/schema.js'
import { headEveryAnswer } from './answer-headers.js'
import { admitCallers } from './callers/admission.js'
import { keyCallers, localCallers } from './callers/callers.js'
import { shareWithOrigins } from './callers/cors.js'
import { createLimits } from './callers/limits.js'
import { keepQuotas } from './callers/quotas.js'
import { Sessions } from './callers/sessions.js'
import { Cursors } from './cursors.js'
import { JobView, watcherJson } from './job-view.js'
import { limitBodies } from './limit-bodies.js'
import { EventHub } from './live/event-hub.js'
import { EventStreams } from './live/sse.js'
import { answerUnknownRoutes } from './methods.js'
import { countOutcomes } from './metrics/fleet-metrics.js'
import { once } from './once.js'
import { answerBrokenRequest, answerError, answerRefusal } from './problem.js'
import { deliveryRoutes } from './routes/deliveries.js'
import { earlyRoutes } from './routes/early.js'
import { eventRoutes } from './routes/events.js'
import { fleetRoutes } from './routes/fleet.js'
import { healthRoutes } from './routes/health.js'
import { jobRoutes } from './routes/jobs.js'
import { mediaRoutes } from './routes/media.js'
import { outputRoutes } from './routes/outputs.js'
import { presetRoutes } from './routes/presets.js'
import { reportRoutes } from './routes/reports.js'
import { scheduleRoutes } from './routes/schedules.js'
import { sessionRoutes } from './routes/session.js'
import { storeRoutes } from './routes/store.js'
import { uploadRoutes } from './routes/uploads.js'
import { usageRoutes } from './routes/usage.js'
import { watchFolderRoutes } from './routes/watch-folders.js'
import { watchLinkRoutes } from './routes/watch-links.js'
import { webhookSecretRoutes } from './routes/webhook-secret.js'
import { createSendRun } from './schedules/send.js'
import { SCHEMAS } from './schemas.js'
import { createSubmitter } from './submission/submitter.js'
import { compileValidator } from './submission/validation.js'
import type { Api, ApiOptions, ApiParts } from './types.js'
import { sweepUploads } from './uploads/sweep.js'
import { WatchLinks } from './watch/watch-links.js'

export type { Api, ApiOptions } from './types.js'

/** A request of 16 outputs with every field at its limit takes about half of it. */
const BODY_BYTES = 128 * 1024
const HEADER_BYTES = 16 * 1024
const REQUEST_MS = 30_000
/** How long answers under way may take when the API closes; then their connections are cut. */
const LAST_ANSWERS_MS = 2_000
/** Output names and preset names are shorter; paths inside folders may be longer. */
const PARAM_LENGTH = 1_024

/**
 * The HTTP API, ready to listen. `close` ends event streams and waits for the answers under way; the queue stays open,
 * it belongs to the caller.
 */
export async function createApi(options: ApiOptions): Promise<Api> {
  const app = openApp(options)
  const { keys, limits, queue, corsOrigins = [] } = options
  const secret = once(() => queue.secret())
  const watchHub = new EventHub({ log: options.queue.events, toJson: watcherJson })
  const streams = new EventStreams(limits && { maxPerHolder: limits.streams })
  const watchLinks = new WatchLinks({
    secret,
    revocations: queue.revocations,
    lifeMs: options.watchLinksMs,
    onRevoked: (ids) => streams.endWatchersOf(ids),
  })
  const view = new JobView(watchLinks)
  const hub = new EventHub({ log: queue.events, toJson: (entry) => view.eventJson(entry) })
  const sessions = keys ? new Sessions(keys, secret) : null
  const cursors = new Cursors(secret)
  const submitter = createSubmitter(options)
  const parts: ApiParts = { ...options, submitter, view, watchLinks, cursors, hub, watchHub, streams, sessions }
  const quotas = keys ? keepQuotas(keys, queue, options.log) : null
  // Whoever follows events goes with the key.
  keys?.onChange(() => streams.endWhere((caller) => !keys.isStill(caller)))

  app.setErrorHandler(answerError(options.log))
  answerUnknownRoutes(app)
  headEveryAnswer(app)
  const charge = keys && limits ? createLimits(queue, limits) : null
  shareWithOrigins(app, corsOrigins)
  const callers = keys && sessions ? keyCallers(keys, sessions) : localCallers(corsOrigins)
  admitCallers(app, callers, options.log, charge)
  for (const schema of SCHEMAS) app.addSchema(schema)
  const pages = options.pages === false ? null : await import('./pages.js')
  await pages?.describeApi(app, options.page)
  refuseUnknownQueries(app)
  await pages?.pageRoutes(app, parts)
  eventRoutes(app, parts)
  const tus = uploadRoutes(app, parts)
  storeRoutes(app, parts)
  app.register(async (timed: Api) => {
    timeRequests(timed, parts)
    const all = [
      jobRoutes,
      scheduleRoutes,
      watchLinkRoutes,
      deliveryRoutes,
      webhookSecretRoutes,
      reportRoutes,
      outputRoutes,
      earlyRoutes,
      fleetRoutes,
      presetRoutes,
      mediaRoutes,
      usageRoutes,
      watchFolderRoutes,
      sessionRoutes,
      healthRoutes,
    ]
    for (const routes of all) {
      routes(timed, parts)
    }
  })

  const sweep = sweepUploads({ queue, storage: options.storage, ...options.uploads }, tus, options.log)
  let ticks: { close(): Promise<void> } | null = null
  const stopCounting = countOutcomes(options.queue.events, options.metrics)
  app.addHook('preClose', async () => {
    streams.close()
    quotas?.stop()
    watchLinks.close()
    setTimeout(() => app.server.closeAllConnections(), LAST_ANSWERS_MS).unref()
    stopCounting()
    sweep.stop()
    await ticks?.close()
  })
  await app.ready()
  const send = createSendRun(submitter, keys)
  const { scheduleLateMs: lateMs } = options
  ticks = queue.schedules.openTicks({ send, ...(lateMs !== undefined && { lateMs }) })
  return app
}

/** Unique among processes and restarts; random bytes for each would be a system call for each. */
function requestIds(): () => string {
  const start = randomBytes(6).toString('hex')
  let count = 0
  return () => `${start}-${(++count).toString(36)}`
}

/** HTTP/1.1, over TLS where there is a certificate. */
function openApp({ certificate, trustedProxies = [], requestMs = REQUEST_MS }: ApiOptions): Api {
  const server = {
    ...{ maxHeaderSize: HEADER_BYTES, keepAlive: true, noDelay: true },
    ...{ headersTimeout: requestMs, connectionsCheckingInterval: requestMs },
  }
  const app = fastify({
    trustProxy: trustedProxies.length > 0 && [...trustedProxies],
    // Fastify's request log costs more than most answers here; what goes wrong is logged by the error handler.
    logger: false,
    bodyLimit: BODY_BYTES,
    ...(certificate ? { https: { ...server, ...certificate.pair } } : { http: server }),
    routerOptions: { maxParamLength: PARAM_LENGTH },
    genReqId: requestIds(),
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error, _request, reply) => void answerRefusal(error, reply),
  }).withTypeProvider<TypeBoxTypeProvider>()
  app.setValidatorCompiler(compileValidator)
  // The schemas of answers are for the reader; the types hold them, and JSON.stringify is the fastest that is right.
  app.setSerializerCompiler(() => JSON.stringify)
  acceptJsonAlone(app as Api)
  limitBodies(app as Api, requestMs)
  // Connections that stand keep the pair they began with.
  certificate?.onRenewed((pair) => (app.server as Server).setSecureContext(pair))
  return app as Api
}

/** JSON and nothing else, so that no web page can send a body without the browser asking first; none at all is fine. */
function acceptJsonAlone(app: Api): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') return done(null, undefined)
    const { 'content-encoding': encoding = 'identity' } = request.headers
    if (encoding !== 'identity') return done(encoded(encoding))
    parse(request, body, (error, value) => done(error && notJson(body), value))
  })
}

function encoded(encoding: string): FfleetError {
  const detail = `The body is sent in the encoding \`${encoding.slice(0, 40)}\`; it must be sent as it is.`
  return new FfleetError('INVALID_REQUEST', detail, { errors: [{ pointer: '/headers/content-encoding', detail }] })
}

/** Where the text stops being JSON; the parser that refused it does not say. */
function notJson(body: string): FfleetError {
  let reason = 'it holds a name that is not allowed'
  try {
    JSON.parse(body)
  } catch (error) {
    reason = (error as SyntaxError).message
  }
  return new FfleetError('INVALID_REQUEST', `The body is not valid JSON: ${reason}.`)
}

/** A route that says nothing of its query has none: `?dryRun=true` where there is none must not be ignored. */
function refuseUnknownQueries(app: Api): void {
  app.addHook('onRoute', (route) => {
    route.schema = { querystring: Closed({}), ...route.schema }
  })
}

/** Streams are left out: they last as long as their jobs. */
function timeRequests(app: Api, { metrics }: ApiParts): void {
  app.addHook('onResponse', (request, reply, done) => {
    const labels = { method: request.method, route: request.routeOptions.url ?? '', status: String(reply.statusCode) }
    metrics.httpDuration.observe(labels, reply.elapsedTime / 1000)
    done()
  })
}
