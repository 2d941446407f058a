import { defineCommand } from 'citty'
import { JSON_OPTION, print, printJsonLine, stdoutColumns, stdoutStyle } from '../print.js'
import { count } from '../render/figures.js'
import { table } from '../render/table.js'
import { clientOf, SERVER_OPTION } from '../server.js'

export default defineCommand({
  meta: { name: 'workers', description: 'List the workers of the fleet' },
  args: { ...JSON_OPTION, ...SERVER_OPTION },
  async run({ args }) {
    const workers = await clientOf(args).workers()
    if (args.json) return workers.forEach(printJsonLine)
    if (workers.length === 0) return print('No worker is running. Start one with `ffleet worker`.')
    const rows = workers.map((worker) => [
      worker.id,
      worker.state,
      `${worker.busy}/${worker.slots}`,
      worker.host,
      String(worker.pid),
      worker.ffmpeg ?? 'none',
      worker.sandbox,
      worker.jobs.join(' '),
    ])
    const head = ['WORKER', 'STATE', 'BUSY', 'HOST', 'PID', 'FFMPEG', 'SANDBOX', 'JOBS']
    print(table(head, rows, stdoutStyle(), { columns: stdoutColumns() }))
    const busy = workers.reduce((sum, worker) => sum + worker.busy, 0)
    const slots = workers.reduce((sum, worker) => sum + worker.slots, 0)
    print(stdoutStyle().dim(`${count(workers.length, 'worker')}, ${busy} of ${count(slots, 'slot')} busy`))
  },
})
