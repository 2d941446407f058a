import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * How alike the pictures of two files are, 1 where they are the same, after `filters` of plain ffmpeg were put to the second
 * (`null`: none). Measured by the installed ffmpeg, whichever one made them.
 */
export async function ssim(path: string, reference: string, filters = 'null'): Promise<number> {
  const graph = `[1:V]${filters},setpts=PTS-STARTPTS[reference];[0:V]setpts=PTS-STARTPTS[made];[made][reference]ssim`
  const args = ['-nostdin', '-hide_banner', '-i', path, '-i', reference, '-filter_complex', graph, '-f', 'null', '-']
  const { stderr } = await run('ffmpeg', args)
  return Number(/SSIM .*All:([\d.]+)/.exec(stderr)![1])
}

/** Values of one pixel of the first frame: red, green and blue as a viewer shows them. */
export async function pixelAt(path: string, x: number, y: number): Promise<number[]> {
  const filter = `crop=2:2:${x}:${y}:exact=1,scale=flags=accurate_rnd+full_chroma_int,format=rgb24`
  const args = ['-nostdin', '-v', 'error', '-i', path, '-vf', filter, '-frames:v', '1', '-f', 'rawvideo', '-']
  const { stdout } = await run('ffmpeg', args, { encoding: 'buffer' })
  return [...stdout.subarray(0, 3)]
}
