import { fieldTable, nameOf, type Schema, typeOf } from './fields.js'
import { HTTP_EXAMPLES } from './http-examples.js'
import { linkCodes } from './links.js'
import { block, code, prettyJson, table } from './markdown.js'
import type { OpenApi, Operation } from './openapi.js'
import { readRecorded } from './recorded.js'

/** `GET /v1/jobs/{id}` and the like, as the pages name routes. */
export function routesOf(api: OpenApi): Map<string, Operation> {
  const routes = Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      return [`${method.toUpperCase()} ${path.replace('{*}', '{path}')}`, operation] as const
    }),
  )
  return new Map(routes)
}

export function httpParts(api: OpenApi): Record<string, string> {
  const routes = routesOf(api)
  const inOrder = [...new Set([...Object.keys(HTTP_EXAMPLES), ...routes.keys()])].flatMap((name) => {
    const operation = routes.get(name)
    return operation === undefined ? [] : [{ name, operation, tag: operation.tags[0]! }]
  })
  const overview = inOrder.map(({ name, operation }) => [`[${code(name)}](#${slug(name)})`, operation.summary])
  const tags = [...new Set(inOrder.map(({ tag }) => tag))]
  const sections = tags.map((tag) => {
    const own = inOrder.filter((route) => route.tag === tag)
    return `## ${tag}\n\n${own.map(({ name, operation }) => routeSection(name, operation, api.components.schemas)).join('\n\n')}`
  })
  return {
    overview: table(['route', ''], overview),
    routes: sections.join('\n\n'),
    schemas: schemaSections(api.components.schemas),
  }
}

function routeSection(name: string, operation: Operation, schemas: Record<string, Schema>): string {
  const { summary, description, parameters = [], requestBody, responses } = operation
  const { run, expect } = HTTP_EXAMPLES[name] ?? {}
  const body = Object.values(requestBody?.content ?? {})[0]?.schema
  return [
    `### \`${name}\``,
    [`${summary}.`, ...(description ? [description] : [])].join(' '),
    ...(body ? [`Body: ${named(body, schemas)}, as ${code('application/json')}.`] : []),
    ...(parameters.length > 0 ? [parameterTable(parameters)] : []),
    ...answers(responses),
    ...(run === undefined ? [] : [block('sh', run, mark(expect))]),
  ].join('\n\n')
}

/** A body is written out where it is used; its name is that of the schema that says the same. */
function named(schema: Schema, schemas: Record<string, Schema>): string {
  const fields = JSON.stringify(schema.properties)
  const found = Object.entries(schemas).find(([, other]) => JSON.stringify(other.properties) === fields)
  return typeOf(found ? { $ref: found[0] } : schema)
}

const PLACES = ['path', 'query', 'header']
const byPlace = (a: { in: string }, b: { in: string }) => PLACES.indexOf(a.in) - PLACES.indexOf(b.in)

function parameterTable(parameters: NonNullable<Operation['parameters']>): string {
  const rows = parameters.toSorted(byPlace).map(({ name, in: where, required, description, schema }) => {
    const fallback = schema.default === undefined ? '' : `, default ${code(String(schema.default))}`
    const shown = name === '*' ? 'path' : name
    return [code(shown), `${where}${required ? '' : ', optional'}`, typeOf(schema) + fallback, description ?? '']
  })
  return table(['parameter', 'in', 'type', 'meaning'], rows)
}

/** What a route answers, and the codes it may refuse with. */
function answers(responses: Operation['responses']): string[] {
  const all = Object.entries(responses).map(([status, { description, content = {} }]) => {
    const codes = [...description.matchAll(/`([A-Z_]+)`: /g)].map(([, name]) => linkCodes(code(name!)))
    const kinds = Object.entries(content).map(([type, { schema }]) =>
      schema.$ref === undefined || type !== 'application/json' ? code(type) : typeOf(schema),
    )
    return { status, description, codes, kinds: kinds.join(' or ') }
  })
  const refusals = all.filter(({ codes }) => codes.length > 0)
  const rows = all.filter(({ codes }) => codes.length === 0).map((one) => [one.status, one.kinds, one.description])
  return [
    table(['answer', 'body', 'when'], rows),
    `Refusals: ${refusals.map(({ status, codes }) => `${status} ${codes.join(', ')}`).join('; ')}.`,
  ]
}

/** An example of a schema that a real fleet gave. */
function recordedExample(name: string): string[] {
  const { job, report, problem, worker, queue, events } = readRecorded()
  const snapshot = events.find((event) => event.type === 'progress')
  const examples: Record<string, unknown> = {
    Job: job,
    ProgressSnapshot: snapshot && 'progress' in snapshot ? snapshot.progress : undefined,
    Report: report,
    Problem: problem,
    WorkerInfo: worker,
    QueueInfo: queue,
  }
  return examples[name] === undefined ? [] : [block('json', prettyJson(examples[name]))]
}

function schemaSections(schemas: Record<string, Schema>): string {
  return Object.entries(schemas)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, schema]) => {
      const description = schema.description === undefined ? [] : [schema.description]
      return [`### ${nameOf(name)}`, ...description, fieldTable(schema), ...recordedExample(name)].join('\n\n')
    })
    .join('\n\n')
}

export function mark(expect: string | undefined): string {
  return expect === undefined ? 'run' : `run expect="${expect}"`
}

/** The anchor of a route's heading. */
function slug(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-')
}
