// Turns a report of ffmpeg into percent, ETA and speed.
// ffmpeg -v error -nostats -progress pipe:1 -y -i in.mp4 out.webm | npx tsx progress.ts 4      4: seconds of media expected
import { ProgressEstimator, parseReport } from 'ffleet/progress'

const expectedUs = Number(process.argv[2]) * 1_000_000
const estimator = new ProgressEstimator([{ label: 'encode', expectedUs, expectedFrames: null, weight: 1 }])

for await (const block of parseReport(process.stdin)) {
  const { percent, etaMs, speed, stalledForMs } = estimator.push(block, performance.now())
  console.log({ frame: block.frame, percent, etaMs, speed, stalledForMs, end: block.end })
}
