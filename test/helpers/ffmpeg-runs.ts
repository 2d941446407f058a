import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished } from 'vitest'
import { type FfmpegRun, type RunOptions, runFfmpeg } from '../../src/ffmpeg/index.js'
import { groupMembers, openFiles } from './processes.js'
import { waitFor } from './wait-for.js'

/** The ffmpeg that tests are run on. */
export const FFMPEG = process.env.FFLEET_FFMPEG ?? 'ffmpeg'

/** Before 4.4 reports come every 500 ms, whatever one would like. */
export const HAS_STATS_PERIOD = /^ *-stats_period/m.test(
  execFileSync(FFMPEG, ['-hide_banner', '-h', 'long'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
)

/** The path of a stand-in for ffmpeg, see fixtures/programs/README.md. */
export function standIn(name: string): string {
  return fileURLToPath(new URL(`../../fixtures/programs/${name}.mjs`, import.meta.url))
}

/** Arguments that encode `seconds` of a small test picture with a tone; `-re` in front makes it take as long. */
export function clip(seconds: number, output: string, ...more: string[]): string[] {
  const picture = `testsrc2=s=320x180:r=25:d=${seconds}`
  const encode = ['-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'aac', ...more, output]
  return ['-re', '-f', 'lavfi', '-i', picture, '-f', 'lavfi', '-i', `sine=d=${seconds}`, ...encode]
}

/** As `clip`, as fast as it goes. */
export function quickClip(seconds: number, output: string, ...more: string[]): string[] {
  return clip(seconds, output, ...more).slice(1)
}

/** `runFfmpeg` with the ffmpeg that tests are run on, and when the test ends nothing of it may be left: no process of its group, no open file. */
export function aRun(args: readonly string[], options: RunOptions = {}): FfmpegRun {
  const before = openFiles().length
  const period = HAS_STATS_PERIOD || options.ffmpeg !== undefined ? {} : { statsPeriodMs: null }
  const run = runFfmpeg(args, { ffmpeg: FFMPEG, ...options, ...period })
  const { pid } = run
  onTestFinished(async () => {
    run.kill()
    await run.result
    if (pid !== undefined) await waitFor(() => expect(groupMembers(pid)).toEqual([]))
    await waitFor(() => expect(openFiles().length).toBeLessThanOrEqual(before))
  })
  return run
}
