// Sends a file through a server, shows its progress, and fetches the result.
// npx tsx client.ts in.mp4 small.mp4
import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { FfleetApiError, FfleetClient } from 'ffleet'

const [input = '', target = 'out.mp4'] = process.argv.slice(2)
const client = new FfleetClient() // where FFLEET_URL says, or http://127.0.0.1:4280

try {
  const { id } = await client.submit({ input, outputs: [{ preset: 'h264-360p', name: 'main', video: { crf: 28 } }] })
  for await (const event of client.events(id)) {
    if (event.type === 'progress') console.log(event.progress.phase, event.progress.percent, event.progress.etaMs)
    if (event.type === 'job.completed') {
      const { stream } = await client.output(id, 'main')
      await pipeline(Readable.fromWeb(stream as Parameters<typeof Readable.fromWeb>[0]), createWriteStream(target))
      console.log('completed', event.job.outputs[0]?.bytes, 'bytes')
    }
    if (event.type === 'job.failed') throw new Error(`${event.job.error?.code}: ${event.job.error?.detail}`)
  }
} catch (error) {
  // Refused: `code` is one of the registry, `errors` point at the fields at fault.
  console.error(error instanceof FfleetApiError ? `${error.code}: ${error.detail}` : error)
  process.exitCode = 1
}
