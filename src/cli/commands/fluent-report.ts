import { defineCommand } from 'citty'
import type { FoundCall } from '../../fluent/report/index.js'
import { CommandError } from '../exit.js'
import { JSON_OPTION, print, printJson, stdoutColumns, stdoutStyle } from '../print.js'
import { table } from '../render/table.js'

const WORDS = { maps: 'maps', arguments: 'needs arguments', cannot: 'can not' } as const

export default defineCommand({
  meta: {
    name: 'fluent-report',
    description: 'List what a code base asks of fluent-ffmpeg, and what of it runs on the fleet',
  },
  args: { dir: { type: 'positional', required: true, description: 'The folder with the code' }, ...JSON_OPTION },
  async run({ args }) {
    const { reportOn } = await import('../../fluent/report/index.js')
    const report = await reportOn(args.dir).catch((error: NodeJS.ErrnoException) => {
      throw new CommandError(`${args.dir} can't be read (${error.code ?? error.message}).`)
    })
    if (args.json) return printJson(report)
    const rows = report.calls.map(({ file, line, method, verdict, why }) => [
      `${file}:${line}`,
      `${method}()`,
      WORDS[verdict],
      why ?? '',
    ])
    if (rows.length > 0)
      print(table(['WHERE', 'CALL', 'ON THE FLEET', 'WHY'], rows, stdoutStyle(), { columns: stdoutColumns(), text: 3 }))
    for (const file of report.unread) print(`${file} could not be read as a program.`)
    print(summary(report.files, report.calls))
  },
})

function summary(files: number, calls: readonly FoundCall[]): string {
  if (calls.length === 0) return 'Nothing here uses fluent-ffmpeg.'
  const count = (verdict: FoundCall['verdict']) => calls.filter((call) => call.verdict === verdict).length
  return `${calls.length} calls in ${files} ${files === 1 ? 'file' : 'files'}: ${count('maps')} map, ${count('arguments')} need arguments (FFLEET_ARGUMENTS=on), ${count('cannot')} can not be carried.`
}
