// Runs one ffmpeg, shows its progress, stops it after a minute at the latest, and says how it ended.
// npx tsx ffmpeg.ts in.mp4 out.webm 4      4: seconds of media expected
import { findCapabilities, runFfmpeg } from 'ffleet/ffmpeg'

const [input = '', output = '', seconds = ''] = process.argv.slice(2)
const { ffmpeg, statsPeriod } = await findCapabilities()

const run = runFfmpeg(['-i', `file:${input}`, `file:${output}`], {
  ffmpeg,
  statsPeriodMs: statsPeriod ? 500 : null, // ffmpeg before 4.4 does not know the option
  plan: { expectedUs: Number(seconds) * 1_000_000 },
  signal: AbortSignal.timeout(60_000),
})
for await (const { percent, etaMs, speed } of run) console.log(percent, etaMs, speed)

const { ok, ended, exitCode, errors, usage, wallMs } = await run.result // never rejects
console.log({ ok, ended, exitCode, errors, wallMs, maxRssBytes: usage.maxRssBytes })
process.exitCode = ok ? 0 : 1
