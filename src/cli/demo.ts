/**
 * What `npm run demo` runs after the build and `ffleet doctor --fix`: makes a small clip with ffmpeg itself, in
 * ./ffleet-demo, runs two outputs of it with the live bar, and shows the report and where everything lies.
 */
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { loadConfig } from '../config/index.js'
import { runFfmpeg } from '../ffmpeg/index.js'
import { CommandError, EXIT } from './exit.js'
import { print, stdoutStyle } from './print.js'
import { dispatch, showingErrors } from './run-cli.js'

const SECONDS = 10

/** Gives the exit code; 0 when both outputs were made. */
async function demo(): Promise<number> {
  const folder = resolve('ffleet-demo')
  const clip = join(folder, 'clip.mp4')
  const style = stdoutStyle()
  await mkdir(folder, { recursive: true })
  print(style.bold(`Making a clip of ${SECONDS} seconds: ${clip}`))
  await makeClip(clip)
  process.env.FFLEET_DATA_DIR ??= join(folder, 'data')
  // The demo shows what this machine does, also where a server is set.
  delete process.env.FFLEET_URL
  print(style.bold(`ffleet run ${clip} --preset h264-360p --preset thumbnails`))
  const code = await dispatch(['run', clip, '--preset', 'h264-360p', '--preset', 'thumbnails', '--force'])
  if (code === EXIT.ok) print(style.dim(`Everything is in ${folder}; it can be removed.`))
  return code
}

async function makeClip(path: string): Promise<void> {
  const video = ['-f', 'lavfi', '-i', `testsrc2=size=1280x720:rate=30:duration=${SECONDS}`]
  const audio = ['-f', 'lavfi', '-i', `sine=frequency=440:beep_factor=4:duration=${SECONDS}`]
  const encode = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-shortest', path]
  const run = runFfmpeg([...video, ...audio, ...encode], { ffmpeg: loadConfig().ffmpeg })
  const result = await run.result
  if (!result.ok) throw new CommandError(`ffmpeg could not make the clip.\n${result.logTail.slice(-5).join('\n')}`)
}

process.exitCode = await showingErrors(demo)
