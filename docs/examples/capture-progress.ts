// The process is yours, the reading is ffleet's: report blocks, percent, ETA.
// npx tsx capture-progress.ts in.mp4 out.mp4 30      30: seconds of media expected; leave it out when unknown
import { execa } from 'execa'
import { ProgressEstimator, parseReport } from 'ffleet/progress'

const [input = '', output = '', seconds] = process.argv.slice(2)
const expectedUs = seconds === undefined ? null : Number(seconds) * 1_000_000
const estimator = new ProgressEstimator([{ label: 'encode', expectedUs, expectedFrames: null, weight: 1 }])

const options = ['-hide_banner', '-nostdin', '-nostats', '-progress', 'pipe:1', '-y']
const ffmpeg = execa('ffmpeg', [...options, '-i', `file:${input}`, `file:${output}`], {
  stdin: 'ignore',
  stderr: { file: `${output}.log` },
  buffer: false,
  reject: false,
})

let sawEnd = false
for await (const block of parseReport(ffmpeg.stdout)) {
  sawEnd = block.end
  const { percent, etaMs, speed, basis, stalledForMs } = estimator.push(block, performance.now())
  console.log(JSON.stringify({ percent, etaMs, speed, basis, stalledForMs, frame: block.frame }))
}

const { exitCode } = await ffmpeg
process.exitCode = exitCode === 0 && sawEnd ? 0 : 1
