import { createReadStream, fstatSync } from 'node:fs'
import { defineCommand } from 'citty'
import { CommandError, EXIT, UsageError } from '../exit.js'
import { exitCodeOf, type Interruption, onInterruption } from '../interrupt.js'
import { JSON_OPTION, printJsonLine, stdoutStyle } from '../print.js'
import { isLive } from '../render/style.js'
import { integerOf, secondsOf } from '../request/arguments.js'

export default defineCommand({
  meta: {
    name: 'parse',
    description:
      "Read ffmpeg's -progress report from stdin: a bar on a terminal, else one progress snapshot a line as NDJSON. ffmpeg … -progress pipe:1 | ffleet parse --duration 30",
  },
  args: {
    duration: {
      type: 'string',
      valueHint: 'SECONDS',
      description: 'How long the output will be; percent is null without it',
    },
    frames: { type: 'string', valueHint: 'N', description: 'How many video frames the output will have' },
    ...JSON_OPTION,
  },
  async run({ args }) {
    if (process.stdin.isTTY) {
      throw new UsageError('parse reads a report on stdin: ffmpeg … -progress pipe:1 | ffleet parse --duration 30.')
    }
    const durationMs = secondsOf(args.duration, '--duration')
    const expected = {
      expectedUs: durationMs === undefined ? null : durationMs * 1000,
      expectedFrames: integerOf(args.frames, '--frames', 1, Number.MAX_SAFE_INTEGER) ?? null,
    }
    const { endOfReport, reportBar, showReport, startOfSaved } = await import('../parse-report.js')
    const savedReport = async () => {
      const facts = fstatSync(process.stdin.fd)
      if (!facts.isFile()) return null
      // Read by place, so that what follows reads it once more.
      const whole = createReadStream('', { fd: process.stdin.fd, start: 0, autoClose: false })
      return { startedAtMs: await startOfSaved(whole, facts.mtimeMs) }
    }
    const bar = !args.json && isLive(process.stdout, process.env)
    let interruption: Interruption | null = null
    const stop = onInterruption((which) => {
      // Ctrl-C reaches ffmpeg as well, which then ends its report: that is still read. A second one is meant for us.
      if (which !== 'SIGINT' || interruption !== null) process.stdin.destroy()
      interruption ??= which
    })
    try {
      const show = bar ? reportBar(process.stdout, stdoutStyle()) : () => ({ show: printJsonLine, close: () => {} })
      const last = await showReport(process.stdin, expected, show, await savedReport())
      if (interruption !== null) return exitCodeOf(interruption)
      if (last === null) throw new CommandError('There was no report on stdin. Was it `-progress pipe:1`?')
      // A report of very many streams loses its last line even when all went well, so this is no failure.
      process.stderr.write(`${endOfReport(last, expected)}\n`)
      return EXIT.ok
    } catch (error) {
      if (interruption !== null) return exitCodeOf(interruption)
      throw error
    } finally {
      stop()
    }
  },
})
