import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Split } from '../../src/contract/index.js'
import { type Stack, startStack } from '../helpers/stack.js'
import { type Benchmark, interleaved, median, medianText } from './benchmark.js'
import { makeBenchClip } from './media.js'

const [ROUNDS, LIMIT_MS] = [5, 600_000]
const [SECONDS, PART_SECONDS] = [120, 15]
/** An encoder that fills no more than one core at this size. */
const PRESET = 'vp9-720p'

/** One film by one slot, in one piece and in parts, and by two. */
export const split: Benchmark = {
  name: 'split',
  title: 'One film over idle workers',
  about:
    `A film of ${SECONDS} s (320x180, 25 frames a second), VP9 in one thread, in one piece and in parts of ${PART_SECONDS} s, by one worker and by two ` +
    `with one slot each; up to ${ROUNDS} rounds in turns. Wall time from the begin of the attempt to the end of the job, each time of a film that no part is kept of. ` +
    'The median of the rounds, and its standard error.',
  async run(say) {
    const [one, two] = [await fleetOf(1), await fleetOf(2)]
    try {
      const results = await interleaved(
        { rounds: ROUNDS, limitMs: LIMIT_MS },
        {
          whole: () => round(one, 'never'),
          alone: () => round(one, { segmentMs: PART_SECONDS * 1_000 }),
          pair: () => round(two, { segmentMs: PART_SECONDS * 1_000 }),
        },
      )
      for (const { whole, alone, pair } of results) say(`whole ${whole} ms, in parts ${alone} ms, by two ${pair} ms`)
      const overhead = results.map(({ whole, alone }) => alone / whole)
      const gain = results.map(({ whole, pair }) => whole / pair)
      const seconds = (name: 'whole' | 'alone' | 'pair') =>
        `${(median(results.map((each) => each[name])) / 1_000).toFixed(1)} s`
      return [
        {
          what: 'in parts, one slot',
          ffleet: medianText(overhead, 3),
          beside: `${seconds('alone')} in parts, ${seconds('whole')} in one piece`,
          compared: 'in one piece = 1',
          target: '≤ 1.05',
          reached: median(overhead) <= 1.05,
        },
        {
          what: 'two workers with one slot each, times as fast',
          ffleet: medianText(gain, 2),
          beside: `${seconds('pair')} by two, ${seconds('whole')} in one piece by one`,
          compared: 'one worker = 1',
          target: '≥ 1.8',
          reached: median(gain) >= 1.8,
        },
      ]
    } finally {
      await Promise.all([one.stop(), two.stop()])
    }
  },
}

async function fleetOf(workers: number): Promise<Stack & { clip: string }> {
  const stack = await startStack({ workers })
  return Object.assign(stack, { clip: await makeBenchClip(stack.mediaRoot, SECONDS) })
}

/** From the begin of its attempt to its end, in ms. */
async function round({ client, outputRoot, clip }: Stack & { clip: string }, how: Split): Promise<number> {
  await rm(join(outputRoot, '.ffleet/parts'), { recursive: true, force: true })
  const output = { preset: PRESET, split: how }
  const { id } = await client.submit({ input: clip, outputs: [output] })
  const { state, error, startedAt, finishedAt } = await client.wait(id)
  if (state !== 'completed') throw new Error(error?.detail ?? state)
  return Date.parse(finishedAt!) - Date.parse(startedAt!)
}
