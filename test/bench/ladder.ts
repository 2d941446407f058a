import { mkdir, mkdtemp, open, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openFolderOutputs } from '../../src/storage/folder-outputs.js'
import { type Stack, startStack } from '../helpers/stack.js'
import { type Benchmark, interleaved, median, medianText } from './benchmark.js'
import { makeBenchClip } from './media.js'
import { argvOf, bareRound } from './overhead.js'

const [ROUNDS, LIMIT_MS] = [7, 300_000]
const SECONDS = 60
const HEIGHTS = [180, 160, 144, 120, 96]
const [SEGMENTS, SEGMENT_BYTES] = [3_000, 50_000]

/** `playableMs`: from the end of the encode to the end of the job. */
type Round = { wallMs: number; playableMs: number }

/** A ladder of five sizes, and the ffmpeg command that encodes them. */
export const ladder: Benchmark = {
  name: 'ladder',
  title: 'A ladder of five sizes over bare ffmpeg',
  about:
    `A film of ${SECONDS} s (320x180, 25 frames a second) by \`hls\` in ${HEIGHTS.length} sizes; up to ${ROUNDS} rounds. Wall time of the attempt, which reads the input, encodes, decodes every segment that it made, ` +
    `writes the playlists and publishes, over that of the same ffmpeg command spawned directly, which leaves one file a size and no playlist. A folder of ${SEGMENTS.toLocaleString('en')} segments of ${SEGMENT_BYTES / 1_000} kB is published beside one of which each file is synced and the folder renamed. The median of the rounds, and its standard error.`,
  async run(say) {
    const folder = await mkdtemp(join(tmpdir(), 'ffleet-bench-'))
    const stack = await startStack()
    try {
      const clip = await makeBenchClip(stack.mediaRoot, SECONDS)
      await round(stack, clip)
      const argv = await argvOf(stack)
      const bare = async () => ({
        wallMs: await bareRound(folder, stack, { clip, argv, parallel: 1, jobs: 1 }),
        playableMs: 0,
      })
      const results = await interleaved(
        { rounds: ROUNDS, limitMs: LIMIT_MS },
        { bare, ffleet: () => round(stack, clip) },
      )
      for (const { bare, ffleet } of results) {
        say(
          `bare ${bare.wallMs.toFixed(0)} ms, ffleet ${ffleet.wallMs} ms, of it ${ffleet.playableMs} ms after the encode`,
        )
      }
      const ratios = results.map(({ bare, ffleet }) => ffleet.wallMs / bare.wallMs)
      const after = results.map(({ ffleet }) => ffleet.playableMs)
      const many = await interleaved(
        { rounds: ROUNDS, limitMs: LIMIT_MS },
        { plain: () => placed(folder, moveSynced), ffleet: () => placed(folder, publish) },
      )
      for (const { plain, ffleet } of many) say(`plain ${plain.toFixed(0)} ms, published ${ffleet.toFixed(0)} ms`)
      const beyond = many.map(({ plain, ffleet }) => ffleet - plain)
      return [
        {
          what: 'wall time of the attempt',
          ffleet: medianText(ratios, 3),
          beside: `bare ffmpeg ${(median(results.map(({ bare }) => bare.wallMs)) / 1_000).toFixed(1)} s`,
          compared: 'bare ffmpeg = 1',
          target: '≤ 1.02',
          reached: median(ratios) <= 1.02,
        },
        {
          what: 'from the end of the encode to playable',
          ffleet: `${medianText(after, 0)} ms`,
          beside: '',
          compared: '',
          target: null,
          reached: null,
        },
        {
          what: `publication of ${SEGMENTS.toLocaleString('en')} segments, beyond sync and rename`,
          ffleet: `${medianText(beyond, 0)} ms`,
          beside: `sync and rename ${median(many.map(({ plain }) => plain)).toFixed(0)} ms`,
          compared: '',
          target: '≤ 1,000 ms',
          reached: median(beyond) <= 1_000,
        },
      ]
    } finally {
      await stack.stop()
      await rm(folder, { recursive: true, force: true })
    }
  },
}

async function round({ client }: Stack, input: string): Promise<Round> {
  const output = { preset: 'hls', ladder: { rungs: HEIGHTS.map((height) => ({ height })) } }
  const { id } = await client.submit({ input, outputs: [output] })
  let encodedMs = Number.NaN
  for await (const event of client.events(id)) {
    if (event.type === 'phase.changed' && event.phase === 'verifying') encodedMs = Date.parse(event.at)
  }
  const { state, error, startedAt, finishedAt } = await client.get(id)
  if (state !== 'completed') throw new Error(error?.detail ?? state)
  const endedMs = Date.parse(finishedAt!)
  return { wallMs: endedMs - Date.parse(startedAt!), playableMs: endedMs - encodedMs }
}

/** How long it takes to put a new folder of segments from one place to another, in ms. */
async function placed(folder: string, place: (root: string, staged: string) => Promise<unknown>): Promise<number> {
  const root = await mkdtemp(join(folder, 'root-'))
  const staged = join(root, 'staged')
  await mkdir(staged)
  for (let i = 0; i < SEGMENTS; i++) await writeFile(join(staged, `${i}.m4s`), Buffer.alloc(SEGMENT_BYTES, i))
  const startMs = performance.now()
  await place(root, staged)
  const tookMs = performance.now() - startMs
  await rm(root, { recursive: true })
  return tookMs
}

async function publish(root: string, staged: string): Promise<void> {
  const outputs = openFolderOutputs(root, [])
  const destination = { path: 'film', jobId: 'bench', attempt: 1 }
  await outputs.place(await outputs.prepare(staged, destination), staged, destination)
}

async function moveSynced(root: string, staged: string): Promise<void> {
  for (const name of await readdir(staged)) await synced(join(staged, name))
  await synced(staged)
  await rename(staged, join(root, 'film'))
  await synced(root)
}

async function synced(path: string): Promise<void> {
  const file = await open(path)
  await file.sync()
  await file.close()
}
