// Stops ffmpeg by the letter q on its stdin, as on Windows, where there is no SIGTERM: the trailer gets written.
// npx tsx stop-with-q.ts in.mp4 out.mp4 2      2: stopped once so many seconds are written
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { createInterface } from 'node:readline'

const [input = '', output = '', seconds = '2'] = process.argv.slice(2)
const options = ['-hide_banner', '-nostats', '-progress', 'pipe:1', '-y'] // no -nostdin: it has to listen
const ffmpeg = spawn('ffmpeg', [...options, '-i', `file:${input}`, `file:${output}`], {
  stdio: ['pipe', 'pipe', openSync(`${output}.log`, 'w')], // a stdin of its own, in which nothing else is ever written
})
const closed = once(ffmpeg, 'close')
ffmpeg.stdin!.on('error', () => {}) // it may have ended by itself

let killer: NodeJS.Timeout | undefined
for await (const line of createInterface({ input: ffmpeg.stdout! })) {
  const [key, value] = line.split('=') // reads on while it stops
  if (killer || key !== 'out_time_us' || !(Number(value) >= Number(seconds) * 1e6)) continue // it may be N/A
  ffmpeg.stdin!.write('q')
  killer = setTimeout(() => ffmpeg.kill('SIGKILL'), 6_000) // works on Windows, too: TerminateProcess
}

const [exitCode] = await closed
clearTimeout(killer)
console.log(JSON.stringify({ exitCode }))
