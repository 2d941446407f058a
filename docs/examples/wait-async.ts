// Submits files, waits until all jobs have ended, and says what became of each.
// npx tsx wait-async.ts a.mov b.mov
import { FfleetClient } from 'ffleet'

const client = new FfleetClient() // where FFLEET_URL says, or http://127.0.0.1:4280

async function transcode(input: string) {
  const { id } = await client.submit({ input, outputs: [{ preset: 'h264-360p' }] })
  return client.wait(id, { timeoutMs: 3_600_000 }) // resolves however the job ended
}

const jobs = await Promise.all(process.argv.slice(2).map(transcode))
for (const { id, state, error, outputs } of jobs) {
  console.log(id, state, error?.code ?? outputs.map(({ path }) => path).join(' '))
}
process.exitCode = jobs.every(({ state }) => state === 'completed') ? 0 : 1
