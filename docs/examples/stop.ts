// Runs one ffmpeg and stops it cleanly on Ctrl-C: one SIGTERM, the trailer gets written, SIGKILL if that takes too long.
// npx tsx stop.ts in.mp4 out.mp4
import { execa } from 'execa'

const [input = '', output = ''] = process.argv.slice(2)
const stop = new AbortController()
process.on('SIGINT', () => stop.abort()) // `on`: a second Ctrl-C does nothing more
process.on('SIGTERM', () => stop.abort())

const options = ['-hide_banner', '-nostdin', '-nostats', '-progress', 'pipe:1', '-y']
const ffmpeg = execa('ffmpeg', [...options, '-i', `file:${input}`, `file:${output}`], {
  stdin: 'ignore',
  stderr: { file: `${output}.log` },
  buffer: false,
  reject: false,
  detached: true, // a process group of its own: Ctrl-C in the terminal reaches us, not ffmpeg
  cancelSignal: stop.signal, // abort sends SIGTERM, once
  forceKillAfterDelay: 6_000, // then SIGKILL: longer than one stats period and the trailer
})

for await (const line of ffmpeg) if (line.startsWith('progress=')) console.log(line) // reads on while it stops

const { exitCode, isCanceled } = await ffmpeg
console.log(JSON.stringify({ exitCode: exitCode ?? null, isCanceled }))
process.exitCode = isCanceled ? 130 : (exitCode ?? 1)
