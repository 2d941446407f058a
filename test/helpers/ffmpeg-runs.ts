import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, vi } from 'vitest'
import { type FfmpegRun, type RunOptions, runFfmpeg } from '../../src/ffmpeg/index.js'
import { groupMembers, openFiles } from './processes.js'

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

/** `runFfmpeg`, and when the test ends nothing of it may be left: no process of its group, no open file. */
export function aRun(args: readonly string[], options: RunOptions = {}): FfmpegRun {
  const before = openFiles().length
  const run = runFfmpeg(args, options)
  const { pid } = run
  onTestFinished(async () => {
    run.kill()
    await run.result
    if (pid !== undefined) await vi.waitFor(() => expect(groupMembers(pid)).toEqual([]))
    await vi.waitFor(() => expect(openFiles().length).toBeLessThanOrEqual(before))
  })
  return run
}
