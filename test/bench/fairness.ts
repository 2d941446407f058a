import { createQueue, createWorkerQueue, type Queue, type WorkerQueue } from '../../src/queue/index.js'
import { aJob, aWorker } from '../helpers/jobs.js'
import { startRedis } from '../helpers/redis.js'
import { type Benchmark, interleaved, median, medianText } from './benchmark.js'

const JOBS = 120
const ROUNDS = 15
const AHEAD = 1_000
const LOADS = { a: 300, b: 100, c: 20 }
const REACH = 0.9

/** What it costs that tenants take turns, and what they have of it. */
export const fairness: Benchmark = {
  name: 'fairness',
  title: 'Tenants that take turns',
  about:
    `Jobs through the real queue, with attempts that do nothing on one slot. Throughput: ${JOBS} jobs are submitted and then taken, ${ROUNDS} rounds in turns, ` +
    'by three tenants, against the same jobs of no tenant, which run in the order of priority and time. ' +
    `Wait: how many jobs begin before the first of a tenant that comes behind ${AHEAD} jobs of another one. ` +
    `Loads: ${Object.values(LOADS).join(', ')} jobs of three tenants; while all three wait, each is to have a third.`,
  async run(say) {
    const redis = await startRedis()
    const queue = await createQueue({ redis: redis.url })
    const workers = await createWorkerQueue({ redis: redis.url })
    try {
      const rate = async (tenants: (string | null)[]) => {
        await redis.cli('FLUSHALL')
        const startMs = performance.now()
        for (let n = 0; n < JOBS; n++) await queue.jobs.submit(aJob(), { tenant: tenants[n % tenants.length]! })
        await taken(queue, workers, JOBS)
        return JOBS / ((performance.now() - startMs) / 1_000)
      }
      const sides = { fair: () => rate(['a', 'b', 'c']), plain: () => rate([null]) }
      await sides.fair()
      await sides.plain()
      const results = await interleaved({ rounds: ROUNDS, limitMs: 120_000 }, sides)
      for (const { fair, plain } of results) say(`fair ${fair.toFixed(0)}/s, plain ${plain.toFixed(0)}/s`)
      const ratio = results.map(({ fair, plain }) => fair / plain)
      const of = (side: 'fair' | 'plain') => `${median(results.map((each) => each[side])).toFixed(0)}/s`

      const waited = async (first: string | null, second: string | null) => {
        await redis.cli('FLUSHALL')
        await submitAll(queue, first, AHEAD)
        const { id } = await queue.jobs.submit(aJob({ tags: { who: 'late' } }), { tenant: second })
        return (await taken(queue, workers, AHEAD + 1, id)).indexOf('late')
      }
      const [fairWait, plainWait] = [await waited('a', 'b'), await waited(null, null)]
      say(`waited for ${fairWait} and for ${plainWait} jobs`)

      await redis.cli('FLUSHALL')
      for (const [tenant, count] of Object.entries(LOADS)) await submitAll(queue, tenant, count)
      const sum = Object.values(LOADS).reduce((all, count) => all + count, 0)
      const order = await taken(queue, workers, sum)
      const [, , fewest] = Object.values(LOADS)
      const contested = order.slice(0, 3 * fewest!)
      const shares = Object.keys(LOADS).map((tenant) => contested.filter((who) => who === tenant).length)
      const off = Math.max(...shares.map((share) => Math.abs(share - fewest!)))
      return [
        {
          what: 'submit and take',
          ffleet: of('fair'),
          beside: `no tenants ${of('plain')}`,
          compared: medianText(ratio, 2),
          target: `≥ ${REACH}`,
          reached: median(ratio) >= REACH,
        },
        {
          what: `first job behind ${AHEAD} of another`,
          ffleet: `${fairWait} turns of a slot`,
          beside: `no tenants ${plainWait}`,
          compared: '',
          target: '≤ 1',
          reached: fairWait <= 1,
        },
        {
          what: `${Object.values(LOADS).join(' : ')} jobs, while all wait`,
          ffleet: shares.join(' : '),
          beside: `a third each: ${fewest}`,
          compared: `off by ${off}`,
          target: 'off by ≤ 1',
          reached: off <= 1,
        },
      ]
    } finally {
      await workers.close()
      await queue.close()
      await redis.stop()
    }
  },
}

async function submitAll(queue: Queue, tenant: string | null, count: number): Promise<void> {
  for (let n = 0; n < count; n++) await queue.jobs.submit(aJob({ tags: { who: tenant ?? 'none' } }), { tenant })
}

/** Whose jobs began, in order, until so many have, or one certain job. */
async function taken(queue: Queue, workers: WorkerQueue, count: number, until?: string): Promise<string[]> {
  const began: string[] = []
  let over = () => {}
  const all = new Promise<void>((done) => {
    over = done
  })
  const slot = workers.openSlot({
    name: 'bench',
    lockDurationMs: 30_000,
    stalledCheckMs: 30_000,
    onError: () => {},
    async run({ jobId, token }) {
      const { attempt } = await workers.begin({ jobId, token, worker: aWorker(), poisonStarts: 3 })
      began.push(attempt?.request.tags.who ?? 'none')
      if (began.length === count || jobId === until) over()
      return { kind: 'completed' }
    },
  })
  await all
  await slot.close()
  await queue.jobs.ping(1_000)
  return began
}
