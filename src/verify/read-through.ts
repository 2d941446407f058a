import type { Capabilities } from '../ffmpeg/capabilities.js'
import { type FfmpegResult, type RunOptions, runFfmpeg } from '../ffmpeg/index.js'

type Reading = {
  capabilities: Pick<Capabilities, 'ffmpeg' | 'statsPeriod' | 'enclosure'>
  signal?: AbortSignal | undefined
}

/** Runs an ffmpeg that reads files and writes none. Rejects with the signal's reason when that aborts. */
export async function readThrough(
  args: readonly string[],
  { capabilities, signal }: Reading,
  options: Pick<RunOptions, 'view' | 'onBlock'>,
): Promise<FfmpegResult> {
  const run = runFfmpeg(args, {
    ffmpeg: capabilities.ffmpeg,
    ...(capabilities.enclosure ? { enclosure: capabilities.enclosure } : {}),
    ...(capabilities.statsPeriod ? {} : { statsPeriodMs: null }),
    ...(signal ? { signal } : {}),
    ...options,
  })
  const result = await run.result
  signal?.throwIfAborted()
  return result
}
