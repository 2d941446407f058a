import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EXAMPLES, PROJECT } from './pages.js'
import { isInstalled, run } from './program.js'

export const CLIP_SECONDS = 3
export const LONG_SECONDS = 30

const TSX = join(PROJECT, 'node_modules/tsx/dist/loader.mjs')

export const hasPython = await isInstalled('python3')

/** How a reader runs an example: TypeScript through tsx. */
export function example(name: string): string[] {
  const file = join(EXAMPLES, name)
  if (name.endsWith('.py')) return ['python3', file]
  if (name.endsWith('.sh')) return ['sh', file]
  return [process.execPath, '--import', TSX, file]
}

/**
 * A folder with two clips, `in.mp4` with sound and `long.mp4`, whose encode takes seconds and can be stopped in the middle,
 * and `not-media.mp4`.
 */
export type Workplace = {
  folder: string
  /** As the container says, in seconds; null for a file that cannot be read. */
  durationOf(name: string): Promise<number | null>
  close(): Promise<void>
}

export async function openWorkplace(): Promise<Workplace> {
  const folder = await mkdtemp(join(tmpdir(), 'ffleet-docs-'))
  const clip = async (name: string, input: string[]) => {
    const encode = ['-c:v', 'libx264', '-preset', 'ultrafast', '-y', name]
    const made = await run(['ffmpeg', '-v', 'error', ...input, ...encode], { cwd: folder })
    if (made.code !== 0) throw new Error(made.stderr)
  }
  const sound = ['-f', 'lavfi', '-i', `sine=440:d=${CLIP_SECONDS}`]
  await clip('in.mp4', ['-f', 'lavfi', '-i', `testsrc2=s=320x180:r=25:d=${CLIP_SECONDS}`, ...sound])
  // Its name says nothing, and nothing in it is media.
  await writeFile(join(folder, 'not-media.mp4'), 'no media\n'.repeat(1_000))
  await clip('long.mp4', ['-f', 'lavfi', '-i', `testsrc2=s=320x180:r=25:d=${LONG_SECONDS}`])
  return {
    folder,
    async durationOf(name) {
      const entry = ['-show_entries', 'format=duration', '-of', 'csv=p=0']
      const probed = await run(['ffprobe', '-v', 'error', ...entry, name], { cwd: folder })
      return probed.code === 0 ? Number(probed.stdout) : null
    },
    close: () => rm(folder, { recursive: true, force: true }),
  }
}
