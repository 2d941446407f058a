import { startStack } from '../helpers/stack.js'
import { type Benchmark, interleaved, median, medianText } from './benchmark.js'
import { makeBenchClip } from './media.js'
import { startPart } from './part.js'

const CONNECTIONS = 32
const ROUNDS = 20
const ROUND_MS = 1_000
const REACH = 0.4

/** How many jobs a second one API process takes. */
export const submissions: Benchmark = {
  name: 'submissions',
  title: 'Submissions a second',
  about:
    `\`POST /v1/jobs\` on one API process, against \`queue.add\` behind an otherwise empty Fastify route (\`test/bench/plain-api.ts\`) on the same ` +
    `Redis: the same body over ${CONNECTIONS} keep-alive connections from a process of its own, ${ROUNDS} rounds of ${ROUND_MS / 1_000} s each in turns, no worker.`,
  async run(say) {
    const stack = await startStack({ workers: 0 })
    const plain = await startPart('./plain-api.ts', { socket: stack.redis.socket })
    const client = await startPart('./load-client.ts', {})
    try {
      const body = { input: await makeBenchClip(stack.mediaRoot, 2), outputs: [{ preset: 'h264-360p' }] }
      const load = (port: number, path: string, forMs = ROUND_MS) =>
        client.ask<number>('load', { port, path, body, connections: CONNECTIONS, forMs })
      const apiPort = Number(new URL(stack.baseUrl).port)
      const plainPort = await plain.ask<number>('port')
      const sides = { ffleet: () => load(apiPort, '/v1/jobs'), plain: () => load(plainPort, '/jobs') }
      await sides.ffleet()
      await sides.plain()
      const results = await interleaved({ rounds: ROUNDS, limitMs: 60_000 }, sides)
      for (const { ffleet, plain } of results) say(`ffleet ${ffleet.toFixed(0)}/s, plain ${plain.toFixed(0)}/s`)
      const ratios = results.map((result) => result.ffleet / result.plain)
      const of = (side: 'ffleet' | 'plain') => `${median(results.map((result) => result[side])).toFixed(0)}/s`
      return [
        {
          what: 'jobs accepted',
          ffleet: of('ffleet'),
          beside: `queue.add ${of('plain')}`,
          compared: medianText(ratios, 2),
          target: `≥ ${REACH}`,
          reached: median(ratios) >= REACH,
        },
      ]
    } finally {
      await client.stop()
      await plain.stop()
      await stack.stop()
    }
  },
}
