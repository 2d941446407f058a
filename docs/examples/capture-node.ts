// Runs one ffmpeg with nothing but Node: percent to stdout, the log to a file.
// npx tsx capture-node.ts in.mp4 out.mp4 30      30: seconds of media expected; leave it out when unknown
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { createInterface } from 'node:readline'

const [input = '', output = '', seconds] = process.argv.slice(2)
const expectedUs = seconds === undefined ? null : Number(seconds) * 1_000_000

const options = ['-hide_banner', '-nostdin', '-nostats', '-progress', 'pipe:1', '-y']
const ffmpeg = spawn('ffmpeg', [...options, '-i', `file:${input}`, `file:${output}`], {
  stdio: ['ignore', 'pipe', openSync(`${output}.log`, 'w')], // no stdin, the report, the log
})
const closed = once(ffmpeg, 'close') // now: it may have ended before the loop below has; it rejects when there is no ffmpeg

let highestUs: number | null = null // null: not known yet
let sawEnd = false
for await (const line of createInterface(ffmpeg.stdout!)) {
  const [key = '', value = ''] = line.split('=', 2)
  if (key === 'out_time_us' && Number(value) >= 0) highestUs = Math.max(highestUs ?? 0, Number(value)) // N/A is NaN
  if (key !== 'progress') continue
  sawEnd = value === 'end'
  const share = expectedUs === null || highestUs === null ? null : highestUs / expectedUs
  console.log(share === null ? null : Math.min(99, Math.round(share * 100)))
}

const [exitCode, signal] = await closed
console.log(JSON.stringify({ exitCode, signal, sawEnd }))
process.exitCode = exitCode === 0 && sawEnd ? 0 : 1
