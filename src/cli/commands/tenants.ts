import { defineCommand } from 'citty'
import type { Quotas } from '../../contract/quotas.js'
import { UsageError } from '../exit.js'
import { withKeyFile } from '../key-file.js'
import { JSON_OPTION, print, printJson, printJsonLine, stdoutColumns, stdoutStyle } from '../print.js'
import { formatBytes } from '../render/figures.js'
import { table } from '../render/table.js'

const UNITS: Record<string, number> = {
  '': 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  t: 1e12,
  ki: 2 ** 10,
  mi: 2 ** 20,
  gi: 2 ** 30,
  ti: 2 ** 40,
}

export default defineCommand({
  meta: { name: 'tenants', description: 'Set and list what tenants may have at once, in FFLEET_KEYS_FILE' },
  args: {
    action: { type: 'positional', required: true, description: '`set` or `list`' },
    tenant: {
      type: 'positional',
      required: false,
      description: 'Whose; `set` without it: of all tenants that have none of their own',
    },
    'max-queued': { type: 'string', valueHint: 'JOBS', description: 'Jobs that have not ended' },
    'max-running': { type: 'string', valueHint: 'JOBS', description: 'Jobs that run at once; others wait' },
    'max-bytes': {
      type: 'string',
      valueHint: 'BYTES',
      description:
        'Of the outputs of its jobs that are kept: 10GB. Each also takes `none`, and `default`: as all tenants',
    },
    ...JSON_OPTION,
  },
  async run({ args }) {
    const { action, tenant, json = false } = args
    const changes = {
      ...changeOf('queued', args['max-queued'], '--max-queued', countOf),
      ...changeOf('running', args['max-running'], '--max-running', countOf),
      ...changeOf('bytes', args['max-bytes'], '--max-bytes', bytesOf),
    }
    const isEmpty = Object.keys(changes).length === 0
    if (action === 'set') {
      if (isEmpty) throw new UsageError('--max-queued, --max-running or --max-bytes says what to set.')
      await withKeyFile(async ({ setQuotas }, file) => {
        const quotas = await setQuotas(file, tenant ?? null, changes)
        if (json) printJson({ tenant: tenant ?? null, ...quotas })
        else print(`${tenant ?? 'Every tenant'}: ${wordsOf(quotas)}.`)
      })
    } else if (action === 'list') {
      if (!isEmpty || tenant !== undefined) throw new UsageError('`list` takes no tenant and no limits.')
      await withKeyFile(list(json))
    } else {
      throw new UsageError(`There is no "${action}"; it is set or list.`)
    }
  },
})

const list =
  (json: boolean) =>
  async ({ readKeyFile, ALL_TENANTS }: typeof import('../../callers/index.js'), file: string): Promise<void> => {
    const { keys, tenants } = await readKeyFile(file)
    const ofKeys = keys.flatMap((key) => (key.tenant !== null && key.revokedAt === null ? [key.tenant] : []))
    const names = [...new Set([...Object.keys(tenants), ...ofKeys])].filter((name) => name !== ALL_TENANTS).sort()
    const all = [null, ...names].map((tenant) => {
      const own = tenants[tenant ?? ALL_TENANTS] ?? {}
      return { tenant, queued: null, running: null, bytes: null, ...tenants[ALL_TENANTS], ...own }
    })
    if (json) return all.forEach(printJsonLine)
    const rows = all.map(({ tenant, queued, running, bytes }) => [
      tenant ?? '(every other)',
      shown(queued),
      shown(running),
      bytes === null ? 'any' : formatBytes(bytes),
    ])
    print(table(['TENANT', 'QUEUED', 'RUNNING', 'BYTES'], rows, stdoutStyle(), { columns: stdoutColumns() }))
  }

/** Undefined as a value: that of all tenants. */
function changeOf(
  quota: keyof Quotas,
  text: string | undefined,
  option: string,
  read: (text: string) => number | null,
): { [Quota in keyof Quotas]?: number | null | undefined } {
  if (text === undefined) return {}
  if (text === 'default') return { [quota]: undefined }
  if (text === 'none') return { [quota]: null }
  const limit = read(text)
  if (limit === null) throw new UsageError(`${option} takes a number, \`none\` or \`default\`; "${text}" is none.`)
  return { [quota]: limit }
}

const countOf = (text: string) => (/^\d{1,9}$/.test(text) ? Number(text) : null)

function bytesOf(text: string): number | null {
  const [, number, unit] = /^(\d+(?:\.\d+)?) ?([kmgt]i?)?b?$/i.exec(text) ?? []
  const bytes = number === undefined ? Number.NaN : Math.round(Number(number) * UNITS[(unit ?? '').toLowerCase()]!)
  return Number.isSafeInteger(bytes) ? bytes : null
}

const shown = (limit: number | null) => (limit === null ? 'any' : String(limit))

function wordsOf(quotas: Quotas): string {
  const words = Object.entries(quotas).map(([quota, limit]) => {
    return `${quota} ${limit === null ? 'without a limit' : quota === 'bytes' ? formatBytes(limit) : limit}`
  })
  return words.length === 0 ? 'as all tenants' : words.join(', ')
}
