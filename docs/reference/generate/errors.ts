import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ERROR_CODES, type ErrorCode, errorSpec } from '../../../src/contract/index.js'
import { PROJECT } from './declarations.js'
import { linkCodes, linkSettings } from './links.js'
import { anchored, code, table } from './markdown.js'

/** Three tables: codes of requests, of jobs that end with them, of jobs that are tried again. */
export function errorParts(): Record<string, string> {
  const specs = ERROR_CODES.map((name) => ({ name, ...errorSpec(name) }))
  return {
    'request-errors': errorTable(specs.filter(({ status }) => status !== null).map(({ name }) => name)),
    'final-errors': errorTable(specs.filter((s) => s.status === null && s.job && !s.retryable).map(({ name }) => name)),
    'retried-errors': errorTable(
      specs.filter(({ retryable, status }) => retryable && status === null).map(({ name }) => name),
    ),
    'command-line-errors': errorTable(specs.filter((s) => s.status === null && !s.job).map(({ name }) => name)),
    'unused-errors':
      unusedCodes()
        .map((name) => linkCodes(code(name), ''))
        .join(', ') || 'None.',
  }
}

/** Codes that no source but the registry names. */
function unusedCodes(): ErrorCode[] {
  const sources = ['src', 'workers']
    .flatMap((folder) =>
      readdirSync(join(PROJECT, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
    )
    .filter((name) => name.endsWith('.ts') && !name.endsWith(join('contract', 'errors.ts')))
    .map((name) => readFileSync(join(PROJECT, name), 'utf8'))
    .join('\n')
  return ERROR_CODES.filter((name) => !sources.includes(`'${name}'`))
}

function errorTable(names: readonly ErrorCode[]): string {
  const rows = names.map((name) => {
    const { title, status, job, retryable, hint } = errorSpec(name)
    const where = [...(status === null ? [] : [String(status)]), ...(job ? ['job'] : [])].join(', ') || 'command line'
    return [anchored(name, code(name)), title, where, retryable ? 'yes' : 'no', linkSettings(hint, 'configuration.md')]
  })
  return table(['code', 'title', 'HTTP status or job', 'retried', 'way out'], rows)
}
