import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** A clip of a test picture and a tone, 320x180, 25 frames a second, H.264 and AAC. Gives its file name. */
export async function makeBenchClip(folder: string, seconds: number): Promise<string> {
  const name = `clip-${seconds}s.mp4`
  const picture = ['-f', 'lavfi', '-i', `testsrc2=size=320x180:rate=25:duration=${seconds}`]
  const sound = ['-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=44100:duration=${seconds}`]
  const encode = [
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-g',
    '25',
    '-pix_fmt',
    'yuv420p',
    '-c:a',
    'aac',
    '-b:a',
    '64k',
  ]
  const args = [
    '-nostdin',
    '-v',
    'error',
    '-y',
    ...picture,
    ...sound,
    ...encode,
    '-movflags',
    '+faststart',
    join(folder, name),
  ]
  await promisify(execFile)('ffmpeg', args)
  return name
}
