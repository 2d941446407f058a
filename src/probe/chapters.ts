import { type FfprobeRunOptions, runFfprobe } from '../ffmpeg/index.js'
import { fileUrl, inputOptions } from './formats.js'

/** A part of a file by its name, in µs of its time line. */
export type Chapter = { startUs: number; endUs: number; title: string }

/** Those that a file tells of, in their order; null where ffprobe can't say. */
export async function readChapters(path: string, options: Omit<FfprobeRunOptions, 'file'>): Promise<Chapter[] | null> {
  const args = ['-of', 'json', '-show_chapters', ...inputOptions(null), '-i', fileUrl(path)]
  const { ok, stdout } = await runFfprobe(args, { ...options, file: path })
  return ok ? chaptersOf(stdout) : null
}

function chaptersOf(text: string): Chapter[] | null {
  try {
    const { chapters } = JSON.parse(text) as {
      chapters: { start_time: string; end_time: string; tags?: { title?: string } }[]
    }
    return chapters.map(({ start_time, end_time, tags }) => ({
      startUs: Math.round(Number(start_time) * 1e6),
      endUs: Math.round(Number(end_time) * 1e6),
      title: tags?.title ?? '',
    }))
  } catch {
    return null
  }
}
