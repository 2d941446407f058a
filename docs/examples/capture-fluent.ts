// fluent-ffmpeg, with the report beside its own `progress` event, over a Unix socket.
// npx tsx capture-fluent.ts in.mp4 out.mp4 30      30: seconds of media expected
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import ffmpeg from 'fluent-ffmpeg'

const [input = '', output = '', seconds = '0'] = process.argv.slice(2)
const expectedUs = Number(seconds) * 1_000_000
const folder = await mkdtemp(join(tmpdir(), 'report-'))
const socket = join(folder, 'report.sock') // on Windows: listen on 127.0.0.1, and -progress tcp://127.0.0.1:<port>

const server = createServer(async (report) => {
  let highestUs: number | null = null
  for await (const line of createInterface(report)) {
    const [key = '', value = ''] = line.split('=', 2)
    if (key === 'out_time_us' && Number(value) >= 0) highestUs = Math.max(highestUs ?? 0, Number(value))
    if (key !== 'progress') continue
    console.log(highestUs === null ? null : Math.min(99, Math.round((highestUs / expectedUs) * 100)))
  }
})
server.listen(socket)
await once(server, 'listening')

const command = ffmpeg(input).outputOptions('-progress', `unix:${socket}`).save(output)
const outcome = await new Promise<string>((resolve) => {
  command.on('end', () => resolve('done'))
  command.on('error', (error: Error) => resolve(`failed: ${error.message}`))
})
server.close()
await rm(folder, { recursive: true })
console.log(outcome)
process.exitCode = outcome === 'done' ? 0 : 1
