import { execFile } from 'node:child_process'
import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Split } from '../../src/contract/index.js'
import { type Stack, startStack } from '../helpers/stack.js'
import { type Benchmark, interleaved, median, medianText } from './benchmark.js'
import { makeBenchClip } from './media.js'

const [ROUNDS, LIMIT_MS] = [5, 600_000]
const [SECONDS, PART_SECONDS] = [120, 15]
/** An encoder that fills no more than one core at this size. */
const PRESET = 'vp9-720p'

type Encoded = { tookMs: number; file: string }

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
      for (const { whole, alone, pair } of results) {
        say(`whole ${whole.tookMs} ms, in parts ${alone.tookMs} ms, by two ${pair.tookMs} ms`)
      }
      const overhead = results.map(({ whole, alone }) => alone.tookMs / whole.tookMs)
      const gain = results.map(({ whole, pair }) => whole.tookMs / pair.tookMs)
      const seconds = (name: 'whole' | 'alone' | 'pair') =>
        `${(median(results.map((each) => each[name].tookMs)) / 1_000).toFixed(1)} s`
      const { whole, alone } = results.at(-1)!
      const source = join(one.mediaRoot, one.clip)
      const bytes = (await stat(alone.file)).size / (await stat(whole.file)).size
      const likeness = (await ssimOf(alone.file, source)) - (await ssimOf(whole.file, source))
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
        {
          what: 'bytes of the output in parts',
          ffleet: bytes.toFixed(4),
          beside: '',
          compared: 'in one piece = 1',
          target: '0.99 to 1.01',
          reached: Math.abs(bytes - 1) <= 0.01,
        },
        {
          what: 'its likeness to the source (SSIM), against one piece',
          ffleet: `${likeness.toFixed(3)} dB`,
          beside: '',
          compared: '',
          target: '−0.2 to 0.2 dB',
          reached: Math.abs(likeness) <= 0.2,
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

/** Its time is that from the begin of its attempt to its end. */
async function round({ client, outputRoot, clip }: Stack & { clip: string }, how: Split): Promise<Encoded> {
  await rm(join(outputRoot, '.ffleet/parts'), { recursive: true, force: true })
  const output = { preset: PRESET, split: how }
  const { id } = await client.submit({ input: clip, outputs: [output] })
  const { state, error, startedAt, finishedAt, outputs } = await client.wait(id)
  if (state !== 'completed') throw new Error(error?.detail ?? state)
  const tookMs = Date.parse(finishedAt!) - Date.parse(startedAt!)
  return { tookMs, file: join(outputRoot, outputs[0]!.path!) }
}

/** In dB. */
async function ssimOf(file: string, source: string): Promise<number> {
  const args = ['-nostdin', '-i', file, '-i', source, '-lavfi', '[0:v][1:v]ssim', '-f', 'null', '-']
  const { stderr } = await promisify(execFile)('ffmpeg', args)
  return Number(/ All:\S+ \((\S+)\)/.exec(stderr)?.[1])
}
