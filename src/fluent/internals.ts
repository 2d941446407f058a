/** The parts of an `FfmpegCommand` of fluent-ffmpeg 2.1 that its types do not tell. Its authors have archived it: they stay. */
import type { FfmpegCommand } from 'fluent-ffmpeg'

export type Internals = FfmpegCommand & {
  _inputs: { source: unknown }[]
  _currentInput?: { source: unknown }
  _outputs: { target?: unknown; flags: { flvmeta?: boolean } }[]
  _getArguments(): unknown[]
  options: { timeout?: number; niceness?: number; stdoutLines: number; cwd?: string }
  logger: { warn(text: string): void }
}
