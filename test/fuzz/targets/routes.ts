import { deepStrictEqual, ok } from 'node:assert'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { copyClip } from '../../../fixtures/media/recipes.js'
import { addKey } from '../../../src/callers/index.js'
import { FfleetClient } from '../../../src/client/index.js'
import { ERROR_CODES, type ErrorCode, JOB_EVENT_TYPES } from '../../../src/contract/index.js'
import { SHIPPED_PRESET_NAMES } from '../../../src/contract/preset.js'
import { type Stack, startStack } from '../../helpers/stack.js'
import { anySpoiling, fromSchema, type Known, type Schema, spoiled } from '../from-schema.js'
import { type Answer, escaped, send } from '../http.js'
import type { Target } from '../target.js'
import { anyText, type Json } from '../values.js'

type Operation = {
  method: string
  path: string
  operationId: string
  parameters: { in: 'path' | 'query' | 'header'; name: string; required?: boolean; schema: Schema }[]
  body: Schema | null
  /** Codes by status. */
  refusals: Map<number, string>
  statuses: Set<number>
}

type Request = {
  operation: string
  /** Name of a key, or an `Authorization` header. Null: none. */
  as: string | null
  path: Record<string, string>
  query: [string, string][]
  headers: Record<string, string>
  body: { json: Json } | { text: string; type: string } | null
  /** It is right in all it says, and must be taken. */
  right: boolean
}

/** What stands in a path for the id of a job in that state, made for the request; `@other`: of another tenant. */
const JOBS = ['@queued', '@cancelled', '@completed', '@other'] as const
const LASTING = new Set(['@completed', '@other'])
const NEVER = '01M82CWC75EH2YYWGVK577ZGCG'
const HOUR_MS = 3_600_000
/** No name that ever leads anywhere. */
const NOWHERE = 'https://hooks.invalid/'
const WAITING = { input: 'in.mp4', outputs: [{ preset: 'h264-360p' }], delayMs: HOUR_MS }
/** A head or body above the limits, and an address at which there is nothing, are answered so on every route. */
const ANYWHERE = new Set([404, 405, 413, 431])
const KEYS = { boss: ['admin', null], shop: ['submit', 'shop'], reader: ['read', null] } as const

const presets = fc.constantFrom<Json>(...SHIPPED_PRESET_NAMES)
const aDelay = fc.integer({ min: HOUR_MS, max: 24 * HOUR_MS })

/** Requests to every route of the OpenAPI document, right ones and wrong ones, with real processes behind it. */
export const routes: Target<Request> = {
  name: 'routes',
  runs: 250,
  async open() {
    const fleet = await openFleet()
    try {
      const { operations, known } = await readOperations(fleet.stack.baseUrl)
      const unsaid = [...operations.keys()].filter((id) => !(id in RIGHT))
      deepStrictEqual(unsaid, [], 'say in RIGHT what a right request to these is')
      return {
        inputs: fc.constantFrom(...operations.values()).chain((operation) =>
          fc.oneof(
            { weight: 3, arbitrary: anyRequest(operation, known) },
            RIGHT[operation.operationId]!.map((right) => rightRequest(operation, right)),
          ),
        ),
        check: (request: Request) => checkRequest(fleet, operations.get(request.operation)!, request),
        close: fleet.stop,
      }
    } catch (error) {
      await fleet.stop()
      throw error
    }
  },
}

type Fleet = {
  stack: Stack
  keys: Record<string, string>
  boss: FfleetClient
  completed: string
  /** Of the end of that job. */
  delivery: string
  hasEnded(): boolean
  stop(): Promise<void>
}

/** One worker, and one job that it has done. */
async function openFleet(): Promise<Fleet> {
  const folder = await mkdtemp(join(tmpdir(), 'ffleet-fuzz-'))
  const keyFile = join(folder, 'keys.json')
  const keys: Record<string, string> = {}
  for (const [name, [role, tenant]] of Object.entries(KEYS)) {
    keys[name] = (await addKey(keyFile, { name, role, tenant })).key
  }
  const stack = await startStack({ env: { FFLEET_KEYS_FILE: keyFile, FFLEET_STATS_PERIOD_MS: '100' } })
  let ended = false
  void stack.api.ended.then(() => {
    ended = true
  })
  const boss = new FfleetClient({ baseUrl: stack.baseUrl, apiKey: keys.boss! })
  await copyClip('one-frame', join(stack.mediaRoot, 'clip.mp4'))
  await writeFile(join(stack.mediaRoot, 'in.mp4'), 'no film')
  await mkdir(join(stack.mediaRoot, 'shop'))
  await writeFile(join(stack.mediaRoot, 'shop', 'in.mp4'), 'no film')
  const job = await boss.submit({
    input: 'clip.mp4',
    outputs: [
      { preset: 'poster', name: 'main' },
      { preset: 'thumbnails', name: 'sheets' },
    ],
    webhook: { url: NOWHERE },
  })
  const { state, error } = await boss.wait(job.id)
  ok(state === 'completed', `the job of the fleet is ${state}: ${error?.detail}`)
  let last = ''
  for await (const { id } of boss.events(job.id)) last = id
  const stop = async () => {
    await stack.stop()
    await rm(folder, { recursive: true, force: true })
  }
  return { stack, keys, boss, completed: job.id, delivery: `${job.id}_${last}`, hasEnded: () => ended, stop }
}

type Document = {
  paths: Record<
    string,
    Record<
      string,
      {
        operationId: string
        parameters?: Operation['parameters']
        requestBody?: { content: Record<string, { schema: Schema }> }
        responses: Record<string, { description: string }>
      }
    >
  >
  components: { schemas: Record<string, Schema> }
}

async function readOperations(baseUrl: string): Promise<{ operations: Map<string, Operation>; known: Known }> {
  const { paths, components } = (await (await fetch(`${baseUrl}/openapi.json`)).json()) as Document
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId, parameters = [], requestBody, responses }]) => {
      const operation: Operation = {
        method: method.toUpperCase(),
        path,
        operationId,
        parameters,
        body: requestBody?.content['application/json']?.schema ?? null,
        refusals: new Map(Object.entries(responses).map(([status, { description }]) => [Number(status), description])),
        statuses: new Set(Object.keys(responses).map(Number)),
      }
      return [operationId, operation] as const
    }),
  )
  const likely: Known['likely'] = {
    preset: presets,
    uri: fc.constantFrom<Json>('in.mp4', 'shop/in.mp4', 'none.mp4'),
    input: fc.constantFrom<Json>('in.mp4', 'shop/in.mp4', 'none.mp4'),
    path: fc.constantFrom<Json>('out.mp4', 'shop/out.mp4', 'out', 'a/b/c.mp4'),
    delayMs: aDelay,
    url: fc.constantFrom<Json>(NOWHERE, 'http://127.0.0.1/', 'ftp://hooks.invalid/'),
  }
  return { operations: new Map(operations), known: { schemas: components.schemas, likely } }
}

const headerText = (value: string) => value.replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, '')

/** Arbitrary in every part, and mostly near to what the document asks for. */
function anyRequest({ operationId, parameters, body }: Operation, known: Known): fc.Arbitrary<Request> {
  const valueFor = (schema: Schema) => fc.oneof(fromSchema(schema, known).map(String), anyText)
  const of = (place: string) => parameters.filter((each) => each.in === place)
  const pathValue = (name: string) =>
    name === 'id'
      ? fc.oneof(fc.constantFrom<string>(...JOBS, NEVER), anyText)
      : fc.oneof(fc.constantFrom('main', 'sheets', 'index.vtt', 'h264-360p'), anyText)
  const query = fc.array(
    fc.oneof(
      ...of('query').map(({ name, schema }) =>
        fc.tuple(fc.constant(name === 'tags' ? 'tag.kind' : name), valueFor(schema)),
      ),
      { weight: 1, arbitrary: fc.tuple(fc.oneof(fc.constantFrom('tag.', 'unknown', '__proto__'), anyText), anyText) },
    ),
    { maxLength: 4 },
  )
  const general = [
    'accept',
    'content-type',
    'cookie',
    'origin',
    'sec-fetch-site',
    'x-forwarded-prefix',
    'x-forwarded-host',
    'if-none-match',
    'range',
  ]
  const header = fc.tuple(
    fc.constantFrom(...of('header').map(({ name }) => name), ...general),
    fc.oneof(
      fc.constantFrom(
        'text/html',
        'application/x-ndjson',
        'bytes=0-',
        'bytes=5-2,0-0,-1',
        '*',
        'W/"x"',
        'null',
        '/a/b',
        'cross-site',
        '1700000000000-0',
        `ffleet=${'a'.repeat(12)}.${'b'.repeat(8)}.${'c'.repeat(43)}`,
        'x'.repeat(20_000),
      ),
      anyText.map(headerText),
    ),
  )
  const json = fc
    .tuple(body === null ? anyText : fromSchema(body, known), fc.option(anySpoiling))
    .map(([value, spoiling]) => ({ json: spoiling === null ? value : spoiled(value, spoiling) }))
  const text = fc.record({
    text: fc.oneof(
      anyText,
      fc.constantFrom('{', '{"a":1,"a":2}', '{"__proto__":{"x":1}}', '['.repeat(5_000), `"${'x'.repeat(140_000)}"`),
    ),
    type: fc.oneof(
      { weight: 3, arbitrary: fc.constant('application/json') },
      fc.constantFrom('text/plain', 'application/json; charset=x', ''),
    ),
  })
  const noBody = fc.constant(null)
  return fc.record({
    operation: fc.constant(operationId),
    as: fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom<string | null>(...Object.keys(KEYS)) },
      fc.constant(null),
      anyText.map(headerText),
    ),
    path: fc.record(Object.fromEntries(of('path').map(({ name }) => [name, pathValue(name)])), {
      noNullPrototype: true,
    }),
    query,
    headers: fc.array(header, { maxLength: 3 }).map((all) => Object.fromEntries(all)),
    body:
      body === null
        ? fc.oneof({ weight: 8, arbitrary: noBody }, json, text)
        : fc.oneof({ weight: 6, arbitrary: json }, text, noBody),
    right: fc.constant(false),
  })
}

type Right = Partial<Pick<Request, 'path' | 'query' | 'headers'>> & { json?: Json }

const rightRequest = ({ operationId }: Operation, { path = {}, query = [], headers = {}, json }: Right): Request => ({
  operation: operationId,
  as: 'boss',
  path,
  query,
  headers,
  body: json === undefined ? null : { json },
  right: true,
})

const nothing = fc.constant<Right>({})
const ofJob = (...states: (typeof JOBS)[number][]) => fc.constantFrom(...states).map((id): Right => ({ path: { id } }))
const queries = (
  fields: Record<string, fc.Arbitrary<unknown>>,
  path: Record<string, string> = {},
): fc.Arbitrary<Right> =>
  fc
    .record(fields, { requiredKeys: [], noNullPrototype: true })
    .map((some) => ({ path, query: Object.entries(some).map(([name, value]) => [name, String(value)]) }))
const upTo = (max: number, min = 1) => fc.integer({ min, max })
const aTime = fc
  .date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString())
const aDay = aTime.map((time) => time.slice(0, 10))
const tagValue = fc.string({ unit: 'grapheme-ascii', maxLength: 100 })
const tags = fc.dictionary(fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 64 }), tagValue, {
  maxKeys: 4,
  noNullPrototype: true,
})

const aSubmission = fc
  .record(
    {
      outputs: fc.array(presets, { minLength: 1, maxLength: 4 }).map((all) => all.map((preset) => ({ preset }))),
      priority: upTo(100, 0),
      maxAttempts: upTo(10),
      timeoutMs: fc.option(upTo(2_592_000_000)),
      delayMs: aDelay,
      tags,
      webhook: fc.record(
        {
          url: fc.constant(NOWHERE),
          events: fc.array(fc.constantFrom(...JOB_EVENT_TYPES), { minLength: 1, maxLength: 16 }),
          progressIntervalMs: upTo(3_600_000, 1_000),
        },
        { requiredKeys: ['url'], noNullPrototype: true },
      ),
    },
    { requiredKeys: ['outputs', 'delayMs'], noNullPrototype: true },
  )
  .map((request) => ({ input: 'in.mp4', ...request }) as Json)

/** Few names: a tenant may have so many schedules alone. */
const aSchedule = fc
  .tuple(
    fc.constantFrom({ cron: '30 3 * * *' }, { cron: '@yearly' }, { cron: '0 0 3 1 1 *' }, { everyMs: 31_536_000_000 }),
    fc.record(
      {
        name: fc.constantFrom('a', 'b', 'c'),
        timeZone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/St_Johns'),
        overlap: fc.constantFrom('skip', 'queue'),
        catchUp: fc.constantFrom('none', 'one'),
        paused: fc.boolean(),
        job: aSubmission.map((job) => ({ ...(job as object), tags: { at: '{date} {time}' } })),
      },
      { requiredKeys: ['name', 'job'], noNullPrototype: true },
    ),
  )
  .map(([when, more]) => ({ ...when, ...more }) as Json)
const ofSchedule = fc.constant<Right>({ path: { name: '@schedule' } })

/** What must be taken, of every route. */
const NO_UPLOAD = '01M82CWC75EH2YYWGVK577ZGCG'

const RIGHT: Record<string, fc.Arbitrary<Right>> = {
  submitJob: aSubmission.map((json) => ({ json })),
  listJobs: queries({
    state: fc.constantFrom('queued', 'active', 'completed', 'failed', 'cancelled'),
    preset: presets,
    code: fc.constantFrom(...ERROR_CODES),
    text: fc.string({ minLength: 1, maxLength: 256 }),
    since: aTime,
    until: aTime,
    limit: upTo(200),
    cursor: fc.stringMatching(/^[0-9A-HJKMNP-TV-Z]{26}$/),
    'tag.kind': tagValue,
  }),
  getJob: ofJob(...JOBS),
  removeJob: ofJob('@cancelled'),
  cancelJob: ofJob('@queued'),
  retryJob: ofJob('@cancelled'),
  followJob: ofJob(...JOBS),
  getJobRequest: ofJob('@completed'),
  getReport: ofJob('@completed'),
  revokeWatchLinks: ofJob(...JOBS),
  listDeliveries: ofJob(...JOBS),
  replayDeliveries: upTo(2 ** 40).map(
    (after): Right => ({ path: { id: '@completed' }, json: { after: `${after}-0` } }),
  ),
  redeliver: fc.constant({ path: { id: '@completed', delivery: '@delivery' } }),
  getWebhookSecret: queries({ tenant: fc.constantFrom('shop', 'nobody') }),
  rotateWebhookSecret: queries({ tenant: fc.constantFrom('shop', 'nobody') }),
  getLog: queries({ attempt: fc.constant(1) }, { id: '@completed' }),
  getLogLines: queries(
    {
      attempt: fc.constant(1),
      limit: upTo(1_000),
      search: fc.string({ minLength: 1, maxLength: 200 }),
      level: fc.constantFrom('error', 'warning', 'info'),
    },
    { id: '@completed' },
  ),
  getOutput: fc.constantFrom<Right>(
    { path: { id: '@completed', name: 'main' } },
    { path: { id: '@completed', name: 'main' }, headers: { range: 'bytes=0-9' } },
    { path: { id: '@completed', name: 'sheets' } },
  ),
  getOutputFile: fc.constant({ path: { id: '@completed', name: 'sheets', path: 'index.vtt' } }),
  getEarlyFile: upTo(3).map((attempt) => ({
    path: { id: '@completed', attempt: String(attempt + 1), name: 'main', path: 'master.m3u8' },
  })),
  putSchedule: aSchedule.map((json) => ({ json })),
  listSchedules: queries({ tenant: fc.constantFrom('shop', 'other') }),
  getSchedule: ofSchedule,
  removeSchedule: ofSchedule,
  pauseSchedule: ofSchedule,
  resumeSchedule: ofSchedule,
  runSchedule: ofSchedule,
  listScheduleRuns: ofSchedule,
  followFleet: queries({ after: fc.tuple(fc.nat(), fc.nat()).map(([ms, n]) => `${ms}-${n}`) }),
  listWorkers: nothing,
  drainWorker: fc.constant({ path: { id: '@worker' } }),
  getQueue: nothing,
  listNextJobs: queries({ limit: upTo(200) }),
  getQueueHistory: queries({ minutes: upTo(1_440) }),
  describeUploads: nothing,
  createUpload: upTo(10_000).map(
    (bytes): Right => ({ headers: { 'tus-resumable': '1.0.0', 'upload-length': String(bytes) } }),
  ),
  sendUpload: fc.constant({
    path: { id: NO_UPLOAD },
    headers: { 'tus-resumable': '1.0.0', 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' },
  }),
  createDirectUpload: upTo(10_000).map((bytes): Right => ({ json: { bytes: bytes + 1 } })),
  getMissingParts: fc.constant({ path: { id: NO_UPLOAD } }),
  completeDirectUpload: fc.constant({ path: { id: NO_UPLOAD } }),
  getUpload: fc.constant({ path: { id: NO_UPLOAD } }),
  deleteUpload: fc.constant({ path: { id: NO_UPLOAD } }),
  getUsage: queries({ to: aDay, tenant: fc.constantFrom('shop', 'nobody') }),
  listWatchFolders: nothing,
  listWatchedFiles: queries({
    state: fc.constantFrom('done', 'failed'),
    rule: fc.constant('films'),
    limit: upTo(1_000),
  }),
  pauseQueue: nothing,
  resumeQueue: nothing,
  listPresets: nothing,
  getPreset: presets.map((name): Right => ({ path: { name: String(name) } })),
  listMedia: queries({ path: fc.constantFrom('', 'shop', './shop/', '.'), limit: upTo(1_000) }),
  getSession: nothing,
  signIn: fc.constant({ json: { key: '@boss' } }),
  signOut: nothing,
  getLiveness: nothing,
  getReadiness: nothing,
  getMetrics: nothing,
}

/** Of what this fleet does not have: its outputs lie in no bucket. */
const HAS_NOT: ReadonlySet<string> = new Set(['createDirectUpload'])

async function checkRequest(fleet: Fleet, operation: Operation, request: Request): Promise<void> {
  const { stack, keys } = fleet
  // The one job that is done must stay for all requests.
  const isRemoved = operation.method === 'DELETE' && request.as === 'boss'
  const path = Object.fromEntries(
    await Promise.all(
      Object.entries(request.path).map(async ([name, value]) => [
        name,
        await idOf(fleet, isRemoved && LASTING.has(value) ? '@cancelled' : value),
      ]),
    ),
  ) as Record<string, string>
  const answer = await ask(fleet, operation, request, path)
  ok(!fleet.hasEnded(), `the API has ended:\n${stack.api.output()}`)
  checkAnswer(operation, answer)
  const told = `${answer.status} ${answer.text.slice(0, 500)}`
  ok(!told.includes(stack.folder), `a host path is told: ${told}`)
  for (const key of Object.values(keys)) ok(!told.includes(key), `a key is told: ${told}`)
  const isNotThere = answer.status === 404 && (path.id === NEVER || HAS_NOT.has(request.operation))
  if (request.right) ok(answer.status < 400 || isNotThere, `a right request is refused: ${told}`)
  if (request.as === 'shop' && request.path.id === '@other') {
    const never = await ask(fleet, operation, request, { ...path, id: NEVER })
    deepStrictEqual([answer.status, answer.text], [never.status, never.text])
  }
}

async function ask(
  { stack, keys }: Fleet,
  operation: Operation,
  request: Request,
  path: Record<string, string>,
): Promise<Answer> {
  const { as, query, headers, body } = request
  const at = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => escaped(path[name]!))
  const asked = query.map(([name, value]) => `${escaped(name)}=${escaped(value)}`).join('&')
  const authorization = as === null ? {} : { authorization: keys[as] === undefined ? as : `Bearer ${keys[as]}` }
  const text =
    body === null ? null : 'text' in body ? body.text : JSON.stringify(body.json).replace('"@boss"', `"${keys.boss}"`)
  const type = body === null ? {} : { 'content-type': 'type' in body ? body.type : 'application/json' }
  return send(stack.baseUrl, {
    method: operation.method,
    path: asked === '' ? at : `${at}?${asked}`,
    headers: { ...type, ...headers, ...authorization },
    body: text,
  })
}

async function idOf(fleet: Fleet, value: string): Promise<string> {
  const { boss, completed, delivery } = fleet
  if (value === '@completed' || value === '@other') return completed
  if (value === '@queued') return (await boss.submit(WAITING)).id
  if (value === '@cancelled') return (await boss.cancel(await idOf(fleet, '@queued'))).id
  if (value === '@schedule') return (await boss.putSchedule({ name: 'kept', cron: '@yearly', job: WAITING })).name
  if (value === '@delivery') return delivery
  if (value === '@worker') return (await boss.workers())[0]?.id ?? NEVER
  return value
}

function checkAnswer({ statuses, refusals }: Operation, { status, type, text }: Answer): void {
  const told = `${status} ${type}: ${text.slice(0, 500)}`
  ok(status < 500 || status === 503 || status === 507, told)
  ok(statuses.has(status) || ANYWHERE.has(status), `the document does not know this answer: ${told}`)
  if (status < 400) {
    if (type.startsWith('application/json')) JSON.parse(text)
    return
  }
  ok(type.startsWith('application/problem+json'), told)
  const problem = JSON.parse(text) as { status: number; code: ErrorCode; detail: string; title: string }
  ok(problem.status === status && ERROR_CODES.includes(problem.code), told)
  ok(problem.detail !== '' && problem.title !== '', told)
  if (!ANYWHERE.has(status))
    ok(refusals.get(status)!.includes(`\`${problem.code}\``), `the document does not know this code: ${told}`)
}
