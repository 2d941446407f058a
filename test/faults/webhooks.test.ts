/** Whoever is killed, webhooks are told everything, in order, and the end last. */
import { expect, onTestFinished, test } from 'vitest'
import { startReceiver } from '../helpers/receiver.js'
import { startStack } from '../helpers/stack.js'
import { OTHER_EVENTS, storm } from '../helpers/webhook-storm.js'

const [JOBS, LINES] = [50, 7]

test('500 events reach their receiver while the API, Redis and workers are killed', async () => {
  const env = { FFLEET_WEBHOOK_NETWORKS: '127.0.0.0/8' }
  const stack = await startStack({ workers: 0, redis: { persist: true }, env })
  onTestFinished(stack.stop)
  const receiver = await startReceiver()
  onTestFinished(receiver.close)
  const killApi = async () => {
    stack.api.signal('SIGKILL')
    await stack.api.ended
    await stack.startApi()
  }
  const killRedis = async () => {
    stack.redis.signal('SIGKILL')
    await stack.redis.restart()
  }
  const result = await storm({ redisUrl: stack.redis.url, receiver }, { jobs: JOBS, lines: LINES }, [
    killApi,
    killRedis,
    (loseWorkers) => loseWorkers(),
    async () => {
      await killRedis()
      await killApi()
    },
  ])
  const { events, lost, repeated, outOfOrder } = result
  console.log(`lost ${lost} of ${events}, ${repeated} came more than once, ${outOfOrder} jobs out of order`)
  expect(result).toMatchObject({ lost: 0, outOfOrder: 0 })
  expect(events).toBeGreaterThanOrEqual(JOBS * (LINES + OTHER_EVENTS))
}, 180_000)
