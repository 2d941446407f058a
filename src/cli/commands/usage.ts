import { defineCommand } from 'citty'
import { JSON_OPTION, print, printJsonLine, stdoutColumns, stdoutStyle } from '../print.js'
import { table } from '../render/table.js'
import { usageCsv, usageRows } from '../render/usage-view.js'
import { timeOf } from '../request/arguments.js'
import { clientOf, SERVER_OPTION } from '../server.js'

export default defineCommand({
  meta: { name: 'usage', description: 'Show what was used and made, by day (of UTC) and tenant' },
  args: {
    from: { type: 'string', valueHint: 'DAY', description: 'First day: 2026-11-01, or 7d ago; default 29 days before' },
    to: { type: 'string', valueHint: 'DAY', description: 'Last day; default today' },
    tenant: { type: 'string', valueHint: 'NAME', description: 'Only that of one tenant' },
    csv: { type: 'boolean', description: 'CSV instead of text, every figure in its smallest unit' },
    ...JSON_OPTION,
    ...SERVER_OPTION,
  },
  async run({ args }) {
    const query = { from: dayOf(args.from, '--from'), to: dayOf(args.to, '--to'), tenant: args.tenant }
    const { from, to, items } = await clientOf(args).usage(query)
    if (args.json) return items.forEach(printJsonLine)
    if (args.csv) return print(usageCsv(items))
    if (items.length === 0) return print(`Nothing ended from ${from} to ${to}.`)
    print(table(HEAD, usageRows(items), stdoutStyle(), { columns: stdoutColumns() }))
  },
})

const HEAD = ['DAY', 'TENANT', 'DONE', 'FAILED', 'CANCELLED', 'ATTEMPTS', 'CPU', 'MEDIA', 'OUTPUTS', 'READ', 'WRITTEN']

/** Days are those of UTC, whatever the clock here says. */
function dayOf(text: string | undefined, name: string): string | undefined {
  return text !== undefined && /^\d{4}-\d\d-\d\d$/.test(text) ? text : timeOf(text, name)?.slice(0, 10)
}
