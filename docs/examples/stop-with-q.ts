// Stops ffmpeg by the letter q on its stdin, as on Windows, where there is no SIGTERM: the trailer gets written.
// npx tsx stop-with-q.ts in.mp4 out.mp4 2      2: seconds until it is stopped
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const [input = '', output = '', seconds = '2'] = process.argv.slice(2)
const options = ['-hide_banner', '-nostats', '-progress', 'pipe:1', '-y'] // no -nostdin: it has to listen
const ffmpeg = spawn('ffmpeg', [...options, '-i', `file:${input}`, `file:${output}`], {
  stdio: ['pipe', 'pipe', openSync(`${output}.log`, 'w')], // a stdin of its own, in which nothing else is ever written
})
const closed = once(ffmpeg, 'close')
ffmpeg.stdout!.resume() // read on, always
ffmpeg.stdin!.on('error', () => {}) // it may have ended by itself

await sleep(Number(seconds) * 1_000)
ffmpeg.stdin!.write('q')
const killer = setTimeout(() => ffmpeg.kill('SIGKILL'), 6_000) // works on Windows, too: TerminateProcess

const [exitCode] = await closed
clearTimeout(killer)
console.log(JSON.stringify({ exitCode }))
