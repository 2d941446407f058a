// Sends a job, shows how far it is, and says where the output lies.
// npx tsx first-job.ts
import { FfleetClient } from 'ffleet'

const client = new FfleetClient() // where FFLEET_URL says, or http://127.0.0.1:4280
const job = await client.submit({ input: 'in.mp4', outputs: [{ preset: 'h264-360p' }] })

for await (const event of client.events(job.id)) {
  if (event.type === 'progress') console.log(event.progress.phase, event.progress.percent ?? 'unknown', '%')
}

const { state, outputs, error } = await client.get(job.id)
console.log(state, error?.code ?? outputs.map(({ path }) => path).join(' '))
process.exitCode = state === 'completed' ? 0 : 1
