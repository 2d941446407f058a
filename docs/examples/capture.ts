// Runs one ffmpeg and prints its report, one JSON line a block.
// npx tsx capture.ts in.mp4 out.mp4 30      30: seconds of media expected; leave it out when unknown
import { execa } from 'execa'

const [input = '', output = '', seconds] = process.argv.slice(2)
const expectedUs = seconds === undefined ? null : Number(seconds) * 1_000_000

const options = ['-hide_banner', '-nostdin', '-nostats', '-progress', 'pipe:1', '-y']
const ffmpeg = execa('ffmpeg', [...options, '-i', `file:${input}`, `file:${output}`], {
  stdin: 'ignore', // ffmpeg acts on letters it reads there
  stderr: { file: `${output}.log` }, // always drained, kept whole, out of the way
  buffer: false, // no second copy of stdout in memory
  reject: false, // an exit code is a result, not an exception
})

let block: Record<string, string> = {}
let highestUs: number | null = null // the time of a report may jump back, the percent must not
let sawEnd = false
for await (const line of ffmpeg) {
  const [key = '', value = ''] = line.split('=', 2)
  block[key] = value.trim()
  if (key !== 'progress') continue
  sawEnd = value === 'end'
  const outTimeUs = Number(block.out_time_us) // N/A gives NaN
  if (outTimeUs >= 0) highestUs = Math.max(highestUs ?? 0, outTimeUs)
  const share = expectedUs === null || highestUs === null ? null : highestUs / expectedUs
  const percent = share === null ? null : Math.min(99, Math.round(share * 100))
  console.log(JSON.stringify({ percent, ...block }))
  block = {}
}

const { exitCode, signal } = await ffmpeg
console.log(JSON.stringify({ exitCode: exitCode ?? null, signal: signal ?? null, sawEnd }))
process.exitCode = exitCode === 0 && sawEnd ? 0 : 1
