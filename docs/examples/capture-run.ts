// The whole run is ffleet's: options, pipes, log, one SIGTERM, no orphan, a typed result.
// npx tsx capture-run.ts in.mp4 out.mp4 30      30: seconds of media expected; leave it out when unknown
import { runFfmpeg } from 'ffleet/ffmpeg'

const [input = '', output = '', seconds] = process.argv.slice(2)
const stop = new AbortController()
process.on('SIGINT', () => stop.abort())
process.on('SIGTERM', () => stop.abort())

const run = runFfmpeg(['-i', `file:${input}`, `file:${output}`], {
  plan: { expectedUs: seconds === undefined ? null : Number(seconds) * 1_000_000 },
  logFile: `${output}.log`,
  signal: stop.signal,
})
for await (const { percent, etaMs, speed, stalledForMs } of run) {
  console.log(JSON.stringify({ percent, etaMs, speed, stalledForMs }))
}

const { ok, ended, exitCode, sawEnd, errors, usage, wallMs } = await run.result
console.log(JSON.stringify({ ok, ended, exitCode, sawEnd, errors, wallMs, maxRssBytes: usage.maxRssBytes }))
process.exitCode = ok ? 0 : 1
