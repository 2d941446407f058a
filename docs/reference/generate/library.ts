import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Declarations, type Exported, type Member, PROJECT } from './declarations.js'
import { code, table } from './markdown.js'

/** What the package offers, by the name it is imported under: source modules of its entries. */
export function entries(): Map<string, string> {
  const { name, exports } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as {
    name: string
    exports: Record<string, string | { types: string }>
  }
  const modules = Object.entries(exports).flatMap(([entry, target]) =>
    typeof target === 'string'
      ? []
      : [[entry.replace(/^\./, name), target.types.replace(/^\.\/dist\//, '').replace(/\.d\.ts$/, '.ts')] as const],
  )
  return new Map(modules)
}

/** Types whose fields are listed, by entry. */
const FIELDS: Record<string, string[]> = {
  ffleet: ['ClientOptions', 'SubmitOptions', 'ListFilter', 'EventStreamOptions'],
  'ffleet/progress': ['ReportBlock', 'PassPlan', 'ReportParserOptions'],
  'ffleet/ffmpeg': ['RunOptions', 'FfmpegRun', 'FfmpegResult'],
  'ffleet/embed': [
    'CreateQueueOptions',
    'CreateWorkerOptions',
    'Worker',
    'WorkerHooks',
    'HookedAttempt',
    'HookedPass',
    'HookedOutput',
  ],
  'ffleet/fluent': ['FleetOptions', 'FluentProgress'],
}
/** Classes whose methods are listed. */
const METHODS: Record<string, string[]> = {
  ffleet: ['FfleetClient'],
  'ffleet/progress': ['ReportParser', 'ProgressEstimator', 'Throttle', 'Timeline'],
}

export function libraryParts(declarations: Declarations): Record<string, string> {
  const parts = [...entries()].map(([entry, path]) => {
    const text = [
      exportTable(declarations.exports(path)),
      ...(METHODS[entry] ?? []).map((name) => membersOf(name, declarations.members(path, name))),
      ...(FIELDS[entry] ?? []).map((name) => membersOf(name, declarations.members(path, name))),
    ]
    return [entry.replace('/', '-'), text.join('\n\n')]
  })
  return Object.fromEntries(parts)
}

const ORDER = ['class', 'function', 'constant', 'type']

function exportTable(exported: readonly Exported[]): string {
  const sorted = exported.toSorted(
    (a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) || (a.name < b.name ? -1 : 1),
  )
  const told = sorted.filter(({ doc, kind }) => doc !== '' || kind !== 'type')
  const rows = told.map(({ signature, kind, doc }) => [code(signature), kind, firstSentence(doc)])
  const silent = sorted.filter((one) => !told.includes(one)).map(({ name }) => code(name))
  const rest = silent.length === 0 ? '' : `\n\nTypes that say by their names what they are: ${silent.join(', ')}.`
  return table(['export', 'kind', ''], rows) + rest
}

function membersOf(name: string, members: readonly Member[]): string {
  const rows = members.map((member) => {
    const call = member.parameters === null ? '' : `(${member.parameters})`
    return [code(`${member.name}${member.optional ? '?' : ''}${call}`), code(withoutUndefined(member.type)), member.doc]
  })
  return `#### \`${name}\`\n\n${table(['', 'type', 'meaning'], rows)}`
}

/** That an optional field may be undefined goes without saying. */
function withoutUndefined(type: string): string {
  return type.replace(/ \| undefined$/, '').replace(/^\((.*=>.*)\)$/, '$1')
}

/** Up to the first full stop that ends a sentence; all of it where there is none. */
function firstSentence(doc: string): string {
  return /^.*?[.](?=\s+[A-Z`(]|$)/.exec(doc)?.[0] ?? doc
}
