// Queue and worker in a service of your own, on the Redis that it has.
// npx tsx embed.ts clip.mp4      a file in ./media; needs REDIS_URL, such as redis://127.0.0.1:6379
import { AttemptRefused, createQueue, createWorker } from 'ffleet/embed'
import { Redis } from 'ioredis'

const [input = ''] = process.argv.slice(2)
const connection = new Redis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379')
const common = {
  redis: { connection, namespace: 'films' },
  dataDir: 'ffleet-data',
  mediaRoot: 'media',
  outputRoot: 'outputs',
}

const queue = await createQueue(common)
const worker = await createWorker({
  ...common,
  slots: 2,
  hooks: {
    beforeAttempt({ tags }) {
      if (!tags.customer) throw new AttemptRefused('The tag `customer` is missing.')
    },
    afterPublication({ jobId }, outputs) {
      for (const { file, bytes } of outputs) console.log('published', jobId, file, bytes)
    },
  },
})

const { id } = await queue.submit({ input, outputs: [{ preset: 'h264-360p' }], tags: { customer: '42' } })
for await (const event of queue.events(id)) {
  if (event.type === 'progress') console.log(event.progress.phase, event.progress.percent)
}
const { state, error } = await queue.get(id)
console.log(state, error?.detail ?? '')

await worker.drain('the service ends') // what runs may finish; without it others take over when the lock ends
await queue.close()
connection.disconnect()
