// Hands files over and goes on at once; prints the id of each job.
// npx tsx start-async.ts import-42 a.mov b.mov      import-42: your own name for this batch
import { FfleetClient } from 'ffleet'

const client = new FfleetClient() // where FFLEET_URL says, or http://127.0.0.1:4280
const [batch = '', ...inputs] = process.argv.slice(2)

for (const input of inputs) {
  const job = await client.submit(
    { input, outputs: [{ preset: 'h264-360p' }], tags: { batch } },
    { idempotencyKey: `${batch}:${input}` }, // run again, it gives the same jobs again for 24 hours
  )
  console.log(job.id)
}
