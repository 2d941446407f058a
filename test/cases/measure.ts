import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LogEvent, OutputReport, ProgressSnapshot } from '../../src/contract/index.js'

/** What a case looks at: an output, and what ffleet said of it. Files are measured by ffprobe and ffmpeg, not by ffleet. */
export type Made = {
  /** Absolute paths; `folder`: the output is one of thumbnails. */
  input: string
  output: string
  isFolder: boolean
  snapshots: ProgressSnapshot[]
  logs: LogEvent[]
  report: OutputReport | null
}

type Ran = { ok: boolean; stdout: Buffer; stderr: string }

export function run(program: string, args: string[]): Promise<Ran> {
  return new Promise((resolve) =>
    execFile(program, args, { encoding: 'buffer', maxBuffer: 1 << 28 }, (error, stdout, stderr) =>
      resolve({ ok: error === null, stdout, stderr: String(stderr) }),
    ),
  )
}

export const ffmpeg = (...args: string[]) => run('ffmpeg', ['-nostdin', '-hide_banner', ...args])

async function column(path: string, ...args: string[]): Promise<number[]> {
  const { stdout } = await run('ffprobe', ['-v', 'error', '-select_streams', 'v:0', ...args, '-of', 'csv=p=0', path])
  const cells = String(stdout)
    .split('\n')
    .map((line) => line.split(',')[0]!.trim())
  return cells.filter((cell) => cell !== '').map(Number)
}

type Stream = { codec_type: string; duration?: string; [name: string]: unknown }
type Probed = { streams: Stream[]; format: { duration?: string } }

export async function probed(path: string): Promise<Probed> {
  const { stdout } = await run('ffprobe', ['-v', 'error', '-show_streams', '-show_format', '-of', 'json', path])
  return { streams: [], format: {}, ...JSON.parse(String(stdout) || '{}') }
}

export async function stream(path: string, type: string): Promise<Stream | undefined> {
  return (await probed(path)).streams.find(({ codec_type }) => codec_type === type)
}

export async function countStreams(path: string, type: string): Promise<number> {
  return (await probed(path)).streams.filter(({ codec_type }) => codec_type === type).length
}

/** Seconds of sound, as decoded. */
export async function soundSeconds(path: string): Promise<number> {
  const { stdout } = await ffmpeg('-v', 'error', '-i', path, '-vn', '-ac', '1', '-ar', '8000', '-f', 's16le', 'pipe:1')
  return stdout.length / 16_000
}

export async function countFrames(path: string): Promise<number> {
  return (await column(path, '-count_frames', '-show_entries', 'stream=nb_read_frames'))[0] ?? 0
}

/** Distances in seconds of one picture from the next, in the order in which they are shown. */
export async function steps(path: string): Promise<number[]> {
  const times = await column(path, '-show_entries', 'frame=pts_time')
  return times.slice(1).map((time, i) => time - times[i]!)
}

/** Whether more frames show fields than not. */
export async function isInterlaced(path: string): Promise<boolean> {
  const { stderr } = await ffmpeg('-i', path, '-vf', 'idet', '-f', 'null', '-')
  const [, tff = 0, bff = 0, progressive = 0] =
    /Multi frame detection: TFF: *(\d+) BFF: *(\d+) Progressive: *(\d+)/.exec(stderr)?.map(Number) ?? []
  return tff + bff > progressive / 4
}

async function gray(path: string, before = ''): Promise<Buffer> {
  const filter = `${before}scale=64:64:out_range=full,format=gray`
  return (await ffmpeg('-v', 'error', '-i', path, '-frames:v', '1', '-vf', filter, '-f', 'rawvideo', 'pipe:1')).stdout
}

/** Mean difference of the first pictures of input and output, in levels of 255. */
export async function distance({ input, output, isFolder }: Made): Promise<number> {
  const [cue] = isFolder ? await cues(output) : []
  const ours = cue ? await gray(cue.file, `crop=${cue.width}:${cue.height}:0:0,`) : await gray(output)
  const theirs = await gray(input)
  return ours.reduce((sum, level, i) => sum + Math.abs(level - theirs[i]!), 0) / ours.length
}

export type Cue = { file: string; width: number; height: number; end: number; luma: number }

/** The thumbnails of a folder, by its index. */
export async function cues(folder: string): Promise<Cue[]> {
  const index = await readFile(join(folder, 'index.vtt'), 'utf8')
  const found: Cue[] = []
  for (const [, end, sheet, place] of index.matchAll(/--> (\S+)\n(.+)#xywh=(\S+)/g)) {
    const [x = 0, y = 0, width = 0, height = 0] = place!.split(',').map(Number)
    const file = join(folder, sheet!)
    const crop = `crop=${width}:${height}:${x}:${y},format=gray`
    const { stdout } = await ffmpeg('-v', 'error', '-i', file, '-vf', crop, '-f', 'rawvideo', 'pipe:1')
    const luma = stdout.reduce((sum, level) => sum + level, 0) / stdout.length
    found.push({ file, width, height, luma, end: end!.split(':').reduce((sum, part) => sum * 60 + Number(part), 0) })
  }
  return found
}
