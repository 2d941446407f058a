import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Job } from '../../src/contract/index.js'
import { type Stack, startStack } from '../helpers/stack.js'
import { type Benchmark, median } from './benchmark.js'

const WORKERS = 3
const JOBS = 60
const ROUNDS = 3
/** What the fleet has done before it is asked. */
const LEARNT = 60
const CLIPS = 24
const REACH = 0.15

const PRESETS = ['h264-360p', 'h264-720p', 'vp9-720p', 'hevc-1080p', 'mp3-192k', 'poster', 'copy-mp4']
const PICTURES = ['testsrc2', 'mandelbrot', 'smptebars', 'life=mold=10:ratio=0.2']
const SIZES = ['320x180', '480x270']

/** A job, when the forecast said it would end, and when it did, in ms from the moment the queue was opened. */
type Told = { endMs: number; saidMs: number; earliestMs: number; latestMs: number; plainMs: number }

/** How far off the forecast of a mixed queue is. */
export const forecast: Benchmark = {
  name: 'forecast',
  title: 'Forecast of a mixed queue',
  about:
    `${ROUNDS} rounds of ${JOBS} jobs over ${WORKERS} workers with one slot each: clips of 0.5 to 4 s, ` +
    `four kinds of pictures, ${PRESETS.length} presets (${PRESETS.map((name) => `\`${name}\``).join(', ')}), drawn by chance. The fleet has run ${LEARNT} such jobs of other clips before; ` +
    'later rounds also know the earlier ones. The jobs of a round wait in a paused queue; the forecasts are read when it is opened. Error: how far the end is from ' +
    '`endsAt`, as a share of the time from then to the end. The plain rule is the mean time of the jobs before × the place in the queue / ' +
    'slots, and one job more. Coverage: ends between `earliest` and `latest`.',
  async run(say) {
    const stack = await startStack({ workers: 0 })
    try {
      const random = randomFrom(20_261)
      const draw = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)]!
      const clips: string[] = []
      for (let i = 0; i < CLIPS; i++) clips.push(await makeClip(stack.mediaRoot, i, { random, draw }))
      for (let i = 0; i < WORKERS; i++) await stack.startWorker()
      const half = CLIPS / 2
      const mixed = (of: string[]) => (): [string, string] => [draw(of), draw(PRESETS)]
      let { jobs: before } = await round(stack, LEARNT, mixed(clips.slice(0, half)))
      const all: Told[] = []
      for (let i = 0; i < ROUNDS; i++) {
        const meanMs = before.reduce((sum, job) => sum + tookMs(job), 0) / before.length
        const { asked, jobs, openedMs } = await round(stack, JOBS, mixed(clips.slice(half)))
        const told = jobs.map((job, at) => toldOf(job, asked[at]!, { openedMs, meanMs }))
        const lastMs = Math.max(...told.map(({ endMs }) => endMs))
        say(`${told.length} jobs in ${(lastMs / 1000).toFixed(1)} s: ${words(told)}`)
        all.push(...told)
        before = jobs
      }
      const error = median(errors(all, 'saidMs'))
      return [
        {
          what: 'error of the end, median',
          ffleet: percent(error),
          beside: `plain rule ${percent(median(errors(all, 'plainMs')))}`,
          compared: `of the wait; ${all.length} jobs`,
          target: `≤ ${percent(REACH)}`,
          reached: error <= REACH,
        },
        {
          what: 'ends inside the 80 % band',
          ffleet: percent(coverage(all)),
          beside: '80 % promised',
          compared: `the band is ${percent(median(all.map(width)))} of the wait wide, in the median`,
          target: '65 to 95 %',
          reached: coverage(all) >= 0.65 && coverage(all) <= 0.95,
        },
      ]
    } finally {
      await stack.stop()
    }
  },
}

function toldOf(job: Job, asked: Job, { openedMs, meanMs }: { openedMs: number; meanMs: number }): Told {
  if (asked.forecast === null) throw new Error('There is no forecast.')
  const after = (time: string) => Date.parse(time) - openedMs
  return {
    endMs: after(job.finishedAt!),
    saidMs: after(asked.forecast.endsAt),
    earliestMs: after(asked.forecast.earliest),
    latestMs: after(asked.forecast.latest),
    plainMs: meanMs * (1 + (asked.queuePosition! - 1) / WORKERS),
  }
}

const tookMs = (job: Job) => Date.parse(job.finishedAt!) - Date.parse(job.startedAt!)
const errors = (told: Told[], of: 'saidMs' | 'plainMs') =>
  told.map((each) => Math.abs(each[of] - each.endMs) / each.endMs)
const width = ({ earliestMs, latestMs, endMs }: Told) => (latestMs - earliestMs) / endMs
const coverage = (told: Told[]) =>
  told.filter(({ endMs, earliestMs, latestMs }) => earliestMs <= endMs && endMs <= latestMs).length / told.length
const percent = (share: number) => `${(100 * share).toFixed(0)} %`

function words(told: Told[]): string {
  const [own, plain] = [median(errors(told, 'saidMs')), median(errors(told, 'plainMs'))]
  return `off by ${percent(own)}, plain rule ${percent(plain)}, ${percent(coverage(told))} inside`
}

/** Submits jobs to a paused queue, opens it, asks what to expect, and waits for all. */
async function round(stack: Stack, count: number, next: () => [input: string, preset: string]) {
  const { client } = stack
  await client.pause()
  const ids: string[] = []
  for (let i = 0; i < count; i++) {
    const [input, preset] = next()
    ids.push((await client.submit({ input, outputs: [{ preset }] })).id)
  }
  const waiting = await Promise.all(ids.map((id) => client.get(id)))
  const openedMs = Date.now()
  await client.resume()
  // The places are those of before: what the workers have taken since does not wait any more.
  const asked = await Promise.all(
    ids.map(async (id, i) => ({ ...(await client.get(id)), queuePosition: waiting[i]!.queuePosition })),
  )
  const jobs = await Promise.all(ids.map((id) => client.wait(id, { timeoutMs: 600_000 })))
  for (const { state, error } of jobs) if (state !== 'completed') throw new Error(error?.detail ?? state)
  return { asked, jobs, openedMs }
}

type Chance = { random: () => number; draw: <T>(of: readonly T[]) => T }

async function makeClip(folder: string, i: number, { random, draw }: Chance): Promise<string> {
  const name = `clip-${i}.mp4`
  const seconds = (0.5 + 3.5 * random()).toFixed(1)
  const [picture, size] = [draw(PICTURES), draw(SIZES)]
  const source = `${picture}${picture.includes('=') ? ':' : '='}size=${size}:rate=25`
  const options = ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '23', '-pix_fmt', 'yuv420p', '-c:a', 'aac']
  const sound = ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=44100']
  const args = ['-nostdin', '-v', 'error', '-y', '-f', 'lavfi', '-i', source, ...sound, '-t', seconds, ...options]
  await promisify(execFile)('ffmpeg', [...args, join(folder, name)])
  if ((await stat(join(folder, name))).size === 0) throw new Error(name)
  return name
}

/** Numbers from 0 to 1 that are the same each time (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
