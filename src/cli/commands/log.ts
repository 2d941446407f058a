import { defineCommand } from 'citty'
import type { LogPage, LogQuery } from '../../client/index.js'
import { LOG_LEVELS, type LogLevel } from '../../contract/log-line.js'
import { CommandError, UsageError } from '../exit.js'
import { printable } from '../render/text.js'
import { integerOf } from '../request/arguments.js'
import { JOB_WORDS } from '../request/job-ids.js'
import { jobOrRun } from '../request/job-or-run.js'
import { allLines, newestLines } from '../request/log-lines.js'
import { SERVER_OPTION } from '../server.js'

export default defineCommand({
  meta: {
    name: 'log',
    description: "Print ffmpeg's log of the newest attempt of a job or a run, all of it or some lines",
  },
  args: {
    job: { type: 'positional', required: true, description: JOB_WORDS },
    attempt: { type: 'string', valueHint: 'N', description: 'Of this attempt' },
    tail: {
      type: 'string',
      valueHint: 'N',
      description: 'Only the last lines, so many; with the options below, of those that fit',
    },
    search: { type: 'string', valueHint: 'TEXT', description: 'Only lines with this text, in any case' },
    level: { type: 'enum', options: [...LOG_LEVELS], description: 'Only lines of this level or a worse one' },
    ...SERVER_OPTION,
  },
  async run({ args }) {
    const attempt = integerOf(args.attempt, '--attempt', 1, 1_000)
    const tail = integerOf(args.tail, '--tail', 1, 100_000)
    const { search } = args
    const level = args.level as LogLevel | undefined
    const { id, client, run } = await jobOrRun(args.job, args)
    if (run && attempt !== undefined) throw new UsageError('Of a run only the log of its newest attempt is kept.')

    if (tail === undefined && search === undefined && level === undefined) {
      const log = run ? orMissing(id, await run.log()) : await client.log(id, { attempt })
      // A log quotes what a stranger's file holds; a pipe or file gets it untouched.
      process.stdout.write(process.stdout.isTTY ? log.split('\n').map(printable).join('\n') : log)
      return
    }

    const ask = async (place: LogQuery & { limit: number }) => {
      const query = { attempt, search, level, ...place }
      return run ? orMissing(id, await run.logLines(query)) : client.logLines(id, query)
    }
    if (tail !== undefined) printLines(await newestLines(ask, tail))
    else for await (const lines of allLines(ask)) printLines(lines)
  },
})

function orMissing<T>(runId: string, log: T | null): T {
  if (log === null) throw new CommandError(`The run ${runId} ended before it had a log.`)
  return log
}

function printLines(lines: LogPage['items']): void {
  for (const { level, text } of lines) {
    const line = level === null ? text : `[${level}] ${text}`
    process.stdout.write(`${process.stdout.isTTY ? printable(line) : line}\n`)
  }
}
