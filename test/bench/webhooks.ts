import { startReceiver } from '../helpers/receiver.js'
import { type Stack, startStack } from '../helpers/stack.js'
import { OTHER_EVENTS, type Storm, storm } from '../helpers/webhook-storm.js'
import { type Benchmark, quantile } from './benchmark.js'

const JOBS = 500
const LINES = 17
const EVENTS = JOBS * (LINES + OTHER_EVENTS)
const QUIET_JOBS = 200
const REACH_MS = 1_000

/** Whether webhooks are told everything, and how soon. */
export const webhooks: Benchmark = {
  name: 'webhooks',
  title: 'Webhooks',
  about:
    `Real processes of the API, a Redis that syncs every write, a receiver that answers at once. Lost: ${JOBS} jobs tell ${EVENTS.toLocaleString('en')} events, while ` +
    'the API is killed three times, Redis three times, and the worker loses its jobs twice; what came is held against the event log. Soon: from the end of a job to the ' +
    `first POST that tells it, ${QUIET_JOBS} jobs one after the other, without faults.`,
  async run(say) {
    const stormy = await withStack((stack, receive) => {
      const killApi = async () => {
        stack.api.signal('SIGKILL')
        await stack.api.ended
        await stack.startApi()
        say('API killed')
      }
      const killRedis = async () => {
        stack.redis.signal('SIGKILL')
        await stack.redis.restart()
        say('Redis killed')
      }
      const loseJobs = async (loseWorkers: () => Promise<void>) => {
        await loseWorkers()
        say('worker lost')
      }
      const both = () => Promise.all([killApi(), killRedis()]).then(() => {})
      return receive({ jobs: JOBS, lines: LINES }, [killApi, killRedis, loseJobs, killApi, killRedis, loseJobs, both])
    })
    say(`lost ${stormy.lost} of ${stormy.events}, ${stormy.repeated} twice, ${stormy.outOfOrder} jobs out of order`)
    const quiet = await withStack((_stack, receive) => receive({ jobs: QUIET_JOBS, lines: 0, oneByOne: true }))
    const ms = (share: number) => `${quantile(quiet.endLatenciesMs, share).toFixed(0)} ms`
    const [p50, p99] = [ms(0.5), ms(0.99)]
    return [
      {
        what: `lost of ${stormy.events.toLocaleString('en')}, everything killed`,
        ffleet: String(stormy.lost),
        beside: `${stormy.repeated} came more than once`,
        compared: `${stormy.outOfOrder} jobs out of order`,
        target: 'none, in order',
        reached: stormy.lost === 0 && stormy.outOfOrder === 0,
      },
      {
        what: 'end of a job to first POST, p99',
        ffleet: p99,
        beside: `median ${p50}`,
        compared: '',
        target: `≤ ${REACH_MS} ms`,
        reached: quantile(quiet.endLatenciesMs, 0.99) <= REACH_MS,
      },
    ]
  },
}

type Receive = (size: Parameters<typeof storm>[1], faults?: Parameters<typeof storm>[2]) => Promise<Storm>

async function withStack(measure: (stack: Stack, receive: Receive) => Promise<Storm>): Promise<Storm> {
  const env = { FFLEET_WEBHOOK_NETWORKS: '127.0.0.0/8' }
  const stack = await startStack({ workers: 0, redis: { persist: true }, env })
  const receiver = await startReceiver()
  try {
    return await measure(stack, (size, faults) => storm({ redisUrl: stack.redis.url, receiver }, size, faults))
  } finally {
    await receiver.close()
    await stack.stop()
  }
}
