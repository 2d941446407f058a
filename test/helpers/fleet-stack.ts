import { copyFile, mkdir, readdir, readlink, rename, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type ClipName, makeClip } from '../../fixtures/media/recipes.js'
import type { JobEvent } from '../../src/contract/index.js'
import { type Stack, type StackOptions, startStack } from './stack.js'

const PROGRAMS = resolve(import.meta.dirname, '../../fixtures/programs')

/** A worker is lost after so long without a word, and missed with the next check. */
export const LOCK_MS = 1_500
export const CHECK_MS = 300

/** The path of a stand-in for ffmpeg, see fixtures/programs/README.md. */
export const program = (file: string) => join(PROGRAMS, file)

/** A worker with this ffmpeg takes as long for a clip as it plays: 2 s for `in.mp4`, 6 s for `long.mp4`. */
export const PACED = { FFLEET_FFMPEG: program('paced.sh') }

/** A small encode, quick. */
export const TINY = { preset: 'tiny' } as const

const PRESETS = [
  recipe('tiny', {}),
  recipe('tiny-other', { crf: 40 }),
  recipe('tiny-2pass', { crf: null, bitrate: 100_000, passes: 2 }),
]

function recipe(name: string, video: object) {
  return {
    name,
    description: 'For tests: as quick as it gets.',
    kind: 'av',
    container: 'mp4',
    extension: 'mp4',
    mediaType: 'video/mp4',
    video: { codec: 'h264', width: 320, height: 180, crf: 30, speed: 'ultrafast', passes: 1, ...video },
    audio: { codec: 'aac', bitrate: 48_000, channels: 1 },
  }
}

/** A stack with short locks, the clips in its media root and presets that encode quickly; no worker yet. */
export async function startFleet(
  options: StackOptions = {},
  clips: Record<string, ClipName> = { 'in.mp4': 'h264-aac', 'long.mp4': 'h264-aac-6s' },
): Promise<Stack> {
  const presets = await makePresets()
  const stack = await startStack({
    workers: 0,
    ...options,
    env: {
      FFLEET_LOCK_DURATION_MS: String(LOCK_MS),
      FFLEET_STALLED_CHECK_MS: String(CHECK_MS),
      FFLEET_STATS_PERIOD_MS: '100',
      FFLEET_PRESETS_DIR: presets,
      ...options.env,
    },
  })
  for (const [name, clip] of Object.entries(clips)) await copyFile(await makeClip(clip), join(stack.mediaRoot, name))
  return stack
}

/** Everything that comes, once it has ended. */
export async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of source) items.push(item)
  return items
}

async function makePresets(): Promise<string> {
  const folder = join(tmpdir(), 'ffleet-test-presets')
  await mkdir(folder, { recursive: true })
  for (const preset of PRESETS) {
    const file = join(folder, `${preset.name}.json`)
    // Another test may read it just now.
    await writeFile(`${file}.${process.pid}`, JSON.stringify(preset))
    await rename(`${file}.${process.pid}`, file)
  }
  return folder
}

/** The events of a job that has ended. */
export async function keptEvents(stack: Stack, id: string): Promise<JobEvent[]> {
  const response = await fetch(`${stack.baseUrl}/v1/jobs/${id}/events`, { headers: { accept: 'application/x-ndjson' } })
  const text = await response.text()
  return text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [JSON.parse(line) as JobEvent]))
}

/** How many descriptors a process has open. */
export async function openDescriptors(pid: number): Promise<number> {
  const names = await readdir(`/proc/${pid}/fd`).catch(() => [])
  const targets = await Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')))
  return targets.filter((target) => target !== '').length
}
