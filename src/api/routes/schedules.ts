import type { Caller } from '../../callers/index.js'
import { FfleetError, SCHEDULE_NAME, ScheduleRequest } from '../../contract/index.js'
import { Closed, Type } from '../../contract/schema.js'
import { TENANT_NAME } from '../../contract/session.js'
import { nextSlots, type Timing, timingFault } from '../../queue/index.js'
import { requireOwn } from '../callers/tenancy.js'
import { prefixOf } from '../page.js'
import { checkTemplate, placesToCome } from '../schedules/check.js'
import { createSendRun } from '../schedules/send.js'
import { createScheduleView } from '../schedules/view.js'
import { json, problems, REQUEST_REFUSALS } from '../schemas.js'
import { idempotencyOf } from '../submission/idempotency.js'
import { invalidRequest } from '../submission/validation.js'
import type { Routes } from '../types.js'

/** Slots at which the job of a new schedule is looked at. */
const LOOKED_AT = 5

const SchedulePath = Closed({ name: Type.String({ pattern: SCHEDULE_NAME, description: 'Name of a schedule.' }) })
const TenantQuery = Closed({
  tenant: Type.Optional(
    Type.String({
      pattern: TENANT_NAME,
      description: "Whose, for a key of the role `admin` without a tenant. Default: the key's own tenant, or none.",
    }),
  ),
})
const IdempotencyHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({ description: 'Kept 24 h: the same key gives the first answer again, and makes no second job.' }),
  ),
})

/** Jobs that are sent again and again. */
export const scheduleRoutes: Routes = (app, { queue, keys, storage, submitter, page }) => {
  const tags = ['Schedules']
  const { schedules } = queue
  const view = createScheduleView(queue)
  const send = createSendRun(submitter, keys)
  const toCome = placesToCome(storage)

  const keyOf = (request: { params: { name: string }; query: { tenant?: string }; caller: Caller | null }) => {
    return { name: request.params.name, tenant: tenantOf(request) }
  }

  app.post(
    '/v1/schedules',
    {
      schema: {
        tags,
        operationId: 'putSchedule',
        summary: 'Make a schedule, or replace the one of its name',
        body: ScheduleRequest,
        response: {
          200: json('Schedule', 'The schedule that was replaced, as it is now; its runs are kept.'),
          201: json('Schedule', 'The new schedule; `Location` leads to it.'),
          ...problems(...REQUEST_REFUSALS, 'PAYLOAD_TOO_LARGE', 'QUEUE_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      const { caller, body } = request
      const { name, job, overlap = 'skip', catchUp = 'none', paused = null } = body
      const nowMs = Date.now()
      const timing = timingIn(body, nowMs)
      const { tenant = null, keyId = null } = caller ?? {}
      const slots = nextSlots(timing, nowMs, LOOKED_AT)
      const zone = { timeZone: timing.timeZone, name }
      await checkTemplate(job, { slots, zone, checks: submitter.checksFor(caller, toCome) })
      const madeBy = { keyId, name: caller?.name ?? '' }
      const { schedule, created } = await schedules.put({
        ...{ name, tenant, timing, job, overlap, catchUp, paused, madeBy },
      })
      const shown = await view.show(schedule)
      if (created) reply.code(201).header('location', prefixOf(request, page) + shown.links.self)
      return shown
    },
  )

  app.get(
    '/v1/schedules',
    {
      schema: {
        tags,
        operationId: 'listSchedules',
        summary: 'All schedules of a tenant, or of none, by name',
        querystring: TenantQuery,
        response: { 200: json('ScheduleList', 'The schedules.'), ...problems('INVALID_REQUEST', 'QUEUE_UNAVAILABLE') },
      },
    },
    async (request) => ({ items: await Promise.all((await schedules.list(tenantOf(request))).map(view.show)) }),
  )

  app.get(
    '/v1/schedules/:name',
    {
      schema: {
        tags,
        operationId: 'getSchedule',
        summary: 'Get a schedule',
        params: SchedulePath,
        querystring: TenantQuery,
        response: { 200: json('Schedule', 'The schedule.'), ...problems('NOT_FOUND', 'QUEUE_UNAVAILABLE') },
      },
    },
    async (request) => view.show((await schedules.get(keyOf(request))) ?? noSuchSchedule()),
  )

  app.delete(
    '/v1/schedules/:name',
    {
      schema: {
        tags,
        operationId: 'removeSchedule',
        summary: 'Remove a schedule and what is known of its runs; their jobs stay',
        params: SchedulePath,
        querystring: TenantQuery,
        response: {
          204: { description: 'It is gone.', type: 'null' },
          ...problems('NOT_FOUND', 'QUEUE_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      if (!(await schedules.remove(keyOf(request)))) noSuchSchedule()
      return reply.code(204).send(null)
    },
  )

  for (const [verb, paused, summary] of [
    ['pause', true, 'Let a schedule run no more; slots that pass meanwhile are not made up for'],
    ['resume', false, 'Let a schedule run again, from its next slot on'],
  ] as const) {
    app.post(
      `/v1/schedules/:name/${verb}`,
      {
        schema: {
          tags,
          operationId: `${verb}Schedule`,
          summary,
          params: SchedulePath,
          querystring: TenantQuery,
          response: {
            200: json('Schedule', 'The schedule, as it is now.'),
            ...problems('NOT_FOUND', 'QUEUE_UNAVAILABLE'),
          },
        },
      },
      async (request) => {
        const key = keyOf(request)
        if (!(await schedules.pause(key, paused))) noSuchSchedule()
        return view.show((await schedules.get(key)) ?? noSuchSchedule())
      },
    )
  }

  app.post(
    '/v1/schedules/:name/run',
    {
      schema: {
        tags,
        operationId: 'runSchedule',
        summary: 'Run a schedule now, paused or not, whatever became of the run before',
        params: SchedulePath,
        querystring: TenantQuery,
        headers: IdempotencyHeaders,
        response: {
          202: json('ScheduleRun', 'The run; its job was accepted.'),
          ...problems(
            'NOT_FOUND',
            ...REQUEST_REFUSALS,
            'OUTPUT_EXISTS',
            'IDEMPOTENCY_KEY_REUSED',
            'QUOTA_EXCEEDED',
            'QUEUE_UNAVAILABLE',
          ),
        },
      },
    },
    async (request, reply) => {
      const key = keyOf(request)
      const schedule = (await schedules.get(key)) ?? noSuchSchedule()
      const header = request.headers['idempotency-key']
      const asked = { run: key.name, of: schedule.of }
      const run = await schedules.runNow(schedule, send, idempotencyOf(header, asked, request.caller?.keyId))
      reply.code(202)
      return view.showRun(run)
    },
  )

  app.get(
    '/v1/schedules/:name/runs',
    {
      schema: {
        tags,
        operationId: 'listScheduleRuns',
        summary: 'What became of the last 100 runs of a schedule, newest first',
        params: SchedulePath,
        querystring: TenantQuery,
        response: { 200: json('ScheduleRunList', 'The runs.'), ...problems('NOT_FOUND', 'QUEUE_UNAVAILABLE') },
      },
    },
    async (request) => {
      const key = keyOf(request)
      if ((await schedules.get(key)) === null) noSuchSchedule()
      return { items: await Promise.all((await schedules.runs(key)).map(view.showRun)) }
    },
  )
}

/** Names are unique in a tenant alone, so that it must be said whose is meant. */
function tenantOf({ query: { tenant }, caller }: { query: { tenant?: string }; caller: Caller | null }): string | null {
  requireOwn(caller, tenant)
  return tenant ?? caller?.tenant ?? null
}

/** @throws FfleetError INVALID_REQUEST with the field that is wrong. */
function timingIn({ cron, everyMs, timeZone = 'UTC' }: ScheduleRequest, nowMs: number): Timing {
  if ((cron === undefined) === (everyMs === undefined)) {
    const both = cron !== undefined
    const detail = `\`cron\` ${both ? 'and `everyMs` exclude each other; leave one out' : 'is missing; give it, or `everyMs`'}.`
    throw invalidRequest([{ pointer: '/cron', detail }])
  }
  const timing: Timing =
    cron === undefined ? { cron: null, everyMs: everyMs!, timeZone } : { cron: cron.trim(), everyMs: null, timeZone }
  const fault = timingFault(timing, nowMs)
  if (fault === null) return timing
  throw invalidRequest([{ pointer: `/${fault.field}`, detail: `\`${fault.field}\` ${fault.says}.` }])
}

function noSuchSchedule(): never {
  throw new FfleetError('NOT_FOUND', 'There is no schedule of that name.', { hint: 'GET /v1/schedules lists all.' })
}
