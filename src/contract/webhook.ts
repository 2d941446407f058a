import { JOB_EVENT_TYPES, type JobEventType, TERMINAL_EVENTS } from './event-types.js'
import { Closed, Enum, Nullable, type Static, Timestamp, Type } from './schema.js'

/** What is told where a request names no events. */
export const DEFAULT_WEBHOOK_EVENTS: readonly JobEventType[] = TERMINAL_EVENTS
/** Between two deliveries of progress, where the request says nothing. */
export const DEFAULT_PROGRESS_INTERVAL_MS = 5_000

/** How one try to deliver an event ended. */
export const DELIVERY_OUTCOMES = ['delivered', 'failed', 'given-up', 'gone'] as const
export type DeliveryOutcome = (typeof DELIVERY_OUTCOMES)[number]

/** One try to deliver an event. Tries of one event have one id. */
export const Delivery = Closed(
  {
    id: Type.String({ description: 'The `webhook-id` that was sent: the same for every try of an event.' }),
    eventId: Type.String(),
    type: Enum(JOB_EVENT_TYPES),
    attempt: Type.Integer({ minimum: 1, description: 'Which try of the event it was, from 1.' }),
    at: Timestamp,
    outcome: Enum(DELIVERY_OUTCOMES, {
      description:
        '`failed`: it is tried again, or a newer one takes its place; `given-up`: it is not; `gone`: the endpoint answered 410, and nothing more is sent.',
    }),
    status: Nullable(Type.Integer({ description: 'Of the answer; null where there was none.' })),
    error: Nullable(Type.String({ description: 'Why it is not delivered.' })),
    durationMs: Type.Integer(),
    response: Nullable(Type.String({ description: 'The first 1,024 bytes of the answer.' })),
  },
  { $id: 'Delivery' },
)
export type Delivery = Static<typeof Delivery>

/** What became of the webhook of a job so far. */
export const DeliveryLog = Closed(
  {
    url: Nullable(Type.String({ description: 'Without its query; null for a job without a webhook.' })),
    items: Type.Array(Type.Ref('Delivery'), {
      description: 'Newest first: the last 100 tries, and the last 20 of `progress`.',
    }),
    nextAttemptAt: Nullable(
      Type.String({ format: 'date-time', description: 'When something is sent next; null: nothing waits.' }),
    ),
    disabled: Type.Boolean({
      description: 'The endpoint answered 410: nothing is sent until somebody asks for a redelivery.',
    }),
  },
  { $id: 'DeliveryLog' },
)
export type DeliveryLog = Omit<Static<typeof DeliveryLog>, 'items'> & { items: Delivery[] }

/** From where on events are sent once more. */
export const ReplayRequest = Closed(
  {
    after: Type.String({
      pattern: '^\\d{1,15}(-\\d{1,15})?$',
      description: 'Id of the last event that is not sent again; `0`: all that are kept.',
    }),
  },
  { $id: 'ReplayRequest' },
)
export type ReplayRequest = Static<typeof ReplayRequest>

/** What deliveries are signed with. */
export const WebhookSecret = Closed(
  {
    secret: Type.String({ description: '`whsec_…`, as libraries for Standard Webhooks take it.' }),
    tenant: Nullable(Type.String({ description: 'Whose deliveries it signs; null: those of jobs of no tenant.' })),
    formerUntil: Nullable(
      Type.String({
        format: 'date-time',
        description: 'Until then deliveries are signed with the secret before, too; null: there is none.',
      }),
    ),
  },
  { $id: 'WebhookSecret' },
)
export type WebhookSecret = Static<typeof WebhookSecret>
