import { execFile } from 'node:child_process'
import { mkdir, rm, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import type { Split } from '../../src/contract/index.js'
import { inParallel } from '../../src/in-parallel.js'
import { type Stack, startStack } from '../helpers/stack.js'
import { type Benchmark, interleaved, median, medianText } from './benchmark.js'
import { makeBenchClip } from './media.js'

const [ROUNDS, LIMIT_MS] = [5, 600_000]
const [SECONDS, PART_SECONDS] = [120, 15]
const PRESET = 'vp9-720p'
const ONE_THREAD = resolve(import.meta.dirname, '../../fixtures/programs/one-thread.sh')
/** What `PRESET` encodes this film by, in one thread. */
const ENCODE = ['-c:v', 'libvpx-vp9', '-deadline', 'good', '-cpu-used', '2', '-crf', '33', '-b:v', '0', '-row-mt', '0']

type Encoded = { tookMs: number; file: string }

/** One film by one slot, in one piece and in parts, and by two. */
export const split: Benchmark = {
  name: 'split',
  title: 'One film over idle workers',
  about:
    `A film of ${SECONDS} s (320x180, 25 frames a second), VP9 in one thread, in one piece and in parts of ${PART_SECONDS} s, by one worker and by two ` +
    `with one slot each; up to ${ROUNDS} rounds in turns. Wall time from the begin of the attempt to the end of the job, each time of a film that no part is kept of. ` +
    'Beside the same encoder by hand: `ffmpeg -f segment`, the segments by two at a time, `ffmpeg -f concat`, and nothing proved of it. ' +
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
          script: () => scriptRound(join(one.folder, 'script'), join(one.mediaRoot, one.clip)),
        },
      )
      for (const { whole, alone, pair, script } of results) {
        say(
          `whole ${whole.tookMs} ms, in parts ${alone.tookMs} ms, by two ${pair.tookMs} ms, by hand ${script.tookMs.toFixed(0)} ms`,
        )
      }
      const overhead = results.map(({ whole, alone }) => alone.tookMs / whole.tookMs)
      const gain = results.map(({ whole, pair }) => whole.tookMs / pair.tookMs)
      const byHand = results.map(({ whole, script }) => whole.tookMs / script.tookMs)
      const seconds = (name: keyof (typeof results)[number]) =>
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
          beside: `by hand ${medianText(byHand, 2)}; ${seconds('pair')} by two, ${seconds('script')} by hand, ${seconds('whole')} in one piece by one`,
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
  const stack = await startStack({ workers, env: { FFLEET_FFMPEG: ONE_THREAD } })
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

/** The way of many a script: what it takes, and what comes of it. */
async function scriptRound(folder: string, source: string): Promise<Encoded> {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder)
  const ffmpeg = (...args: string[]) =>
    promisify(execFile)('ffmpeg', ['-nostdin', '-v', 'error', ...args], { cwd: folder })
  const startMs = performance.now()
  const pieces = ['-f', 'segment', '-segment_time', String(PART_SECONDS), '-reset_timestamps', '1', 'piece-%d.mkv']
  await ffmpeg('-i', source, '-map', '0:v:0', '-c', 'copy', ...pieces)
  const numbers = Array.from({ length: SECONDS / PART_SECONDS }, (_, n) => n)
  await inParallel(numbers, 2, undefined, (n) => ffmpeg('-i', `piece-${n}.mkv`, ...ENCODE, `encoded-${n}.mkv`))
  await writeFile(join(folder, 'list.txt'), numbers.map((n) => `file encoded-${n}.mkv\n`).join(''))
  const sound = ['-i', source, '-map', '0:v:0', '-map', '1:a:0', '-c:v', 'copy', '-c:a', 'libopus', '-b:a', '96000']
  await ffmpeg('-f', 'concat', '-i', 'list.txt', ...sound, 'out.webm')
  return { tookMs: performance.now() - startMs, file: join(folder, 'out.webm') }
}

/** In dB. */
async function ssimOf(file: string, source: string): Promise<number> {
  const args = ['-nostdin', '-i', file, '-i', source, '-lavfi', '[0:v][1:v]ssim', '-f', 'null', '-']
  const { stderr } = await promisify(execFile)('ffmpeg', args)
  return Number(/ All:\S+ \((\S+)\)/.exec(stderr)?.[1])
}
