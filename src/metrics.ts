/** What ffleet measures of itself: one table, one registry a process; `docs/reference/metrics.md` is generated from it. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

type Definition = {
  readonly kind: 'counter' | 'gauge' | 'histogram'
  readonly name: `ffleet_${string}`
  readonly help: string
  readonly labels: readonly string[]
  readonly buckets?: readonly number[]
}

const counter = <const L extends readonly string[] = []>(name: `ffleet_${string}`, help: string, labels?: L) =>
  ({ kind: 'counter', name, help, labels: (labels ?? []) as L }) as const
const gauge = <const L extends readonly string[] = []>(name: `ffleet_${string}`, help: string, labels?: L) =>
  ({ kind: 'gauge', name, help, labels: (labels ?? []) as L }) as const
const histogram = <const L extends readonly string[] = []>(
  name: `ffleet_${string}`,
  help: string,
  buckets: readonly number[],
  labels?: L,
) => ({ kind: 'histogram', name, help, labels: (labels ?? []) as L, buckets }) as const

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const LONG_SECONDS = [0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3_600, 14_400]

export const METRICS = {
  // The queue, asked when the metrics are read.
  jobs: gauge('ffleet_jobs', 'Jobs by state; ended ones as long as they are kept.', ['state']),
  queueDelayed: gauge('ffleet_queue_delayed', 'Queued jobs that wait for their delay or back-off.'),
  queueDemand: gauge(
    'ffleet_queue_demand',
    'Slots that have something to do, for autoscalers: `demand.slots` of `GET /v1/queue`.',
  ),
  queueOldestWait: gauge(
    'ffleet_queue_oldest_wait_seconds',
    'Age of the longest waiting job that could run; 0 when none waits.',
  ),
  queuePaused: gauge('ffleet_queue_paused', '1 while the queue is paused.'),
  queueUp: gauge('ffleet_queue_up', '1 while the queue can be reached.'),
  workers: gauge('ffleet_workers', 'Workers by state.', ['state']),
  slots: gauge('ffleet_slots', 'Room for attempts on all workers, busy or free.', ['use']),

  hardwareEncoders: gauge(
    'ffleet_hardware_encoders',
    'Workers that can encode with it now: a trial passed, and the device is not out.',
    ['encoder'],
  ),

  // The API.
  httpDuration: histogram(
    'ffleet_http_request_duration_seconds',
    'Time to answer a request; event streams are not counted.',
    SECONDS,
    ['method', 'route', 'status'],
  ),
  jobsSubmitted: counter('ffleet_jobs_submitted_total', 'Jobs accepted.'),
  watchers: gauge('ffleet_watchers', 'Readers following events live.', ['scope']),
  streamBytes: counter('ffleet_stream_bytes_total', 'Bytes of events sent to watchers.'),
  streamEvents: counter('ffleet_stream_events_total', 'Events sent to watchers.', ['type']),
  streamCoalesced: counter(
    'ffleet_stream_coalesced_total',
    'Progress events left out for watchers that read too slowly.',
  ),

  // Webhooks: what this process tried, and what waits of the whole fleet.
  webhookDeliveries: counter('ffleet_webhook_deliveries_total', 'Tries to deliver an event, by how they ended.', [
    'outcome',
  ]),
  webhookDuration: histogram('ffleet_webhook_delivery_duration_seconds', 'Time one try took, to its answer.', SECONDS),
  webhooksWaiting: gauge('ffleet_webhooks_waiting', 'Jobs with events that their webhook has yet to be told.'),
  webhookOldest: gauge(
    'ffleet_webhook_oldest_undelivered_seconds',
    'Age of the oldest event that is to be delivered and is not; 0 when there is none.',
  ),

  // The attempts, as their events tell.
  attempts: counter('ffleet_attempts_total', 'Attempts by how they ended.', ['outcome']),
  attemptErrors: counter('ffleet_attempt_errors_total', 'Attempts that failed, by error code.', ['code']),
  jobDuration: histogram(
    'ffleet_job_duration_seconds',
    'From the start of the first attempt to the end of the job.',
    LONG_SECONDS,
    ['state'],
  ),
  jobWait: histogram('ffleet_job_wait_seconds', 'From the submission to the start of the first attempt.', LONG_SECONDS),
  encodeSpeed: histogram(
    'ffleet_encode_speed_ratio',
    'Media seconds encoded per second, of finished jobs.',
    [0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128],
  ),
  hardwareFallbacks: counter(
    'ffleet_hardware_fallbacks_total',
    'Outputs that were made in software because a hardware encoder failed.',
  ),
  outputBytes: counter('ffleet_output_bytes_total', 'Bytes of published outputs.'),
} as const satisfies Record<string, Definition>

type MetricOf<D extends Definition> = D['kind'] extends 'counter'
  ? Counter<D['labels'][number]>
  : D['kind'] extends 'gauge'
    ? Gauge<D['labels'][number]>
    : Histogram<D['labels'][number]>

/** The metrics by their names in the table, and the registry that renders them (`registry.metrics()`). */
export type Metrics = { readonly registry: Registry } & {
  readonly [K in keyof typeof METRICS]: MetricOf<(typeof METRICS)[K]>
}

/**
 * What prom-client takes of the event loop with a timer, whose period it does not take off: at the usual 10 ms an idle
 * process wakes up a hundred times a second for it. `nodejs_eventloop_lag_seconds`, taken when asked, is without that.
 */
const LAGS_BY_TIMER = ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99']
const SELDOM_MS = 60_000

/** A fresh set of metrics in a registry of its own, with those of the process (memory, CPU, event loop) beside them. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: SELDOM_MS })
  for (const lag of LAGS_BY_TIMER) registry.removeSingleMetric(`nodejs_eventloop_lag_${lag}_seconds`)
  const metrics = Object.entries(METRICS as Record<string, Definition>).map(([key, definition]) => [
    key,
    create(definition, registry),
  ])
  return { registry, ...Object.fromEntries(metrics) }
}

function create({ kind, name, help, labels, buckets }: Definition, registry: Registry) {
  const common = { name, help, labelNames: [...labels], registers: [registry] }
  switch (kind) {
    case 'counter':
      return new Counter(common)
    case 'gauge':
      return new Gauge(common)
    case 'histogram':
      return new Histogram({ ...common, buckets: [...(buckets ?? [])] })
  }
}
