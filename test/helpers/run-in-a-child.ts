/**
 * A process of its own that runs one ffmpeg through `runFfmpeg`, for what can't be tried inside a test: its own death and
 * its memory. Takes `{ args, options, exitWhenReported, bare, sandbox }` as JSON; prints `pid <n>`, `reported` once a report has come and
 * `ended <json>` with the result and the most memory this process ever held.
 */
import { BARE, findSandbox, runFfmpeg } from '../../src/ffmpeg/index.js'

const { args, options, exitWhenReported, bare, sandbox } = JSON.parse(process.argv[2]!)
const run = runFfmpeg(args, {
  ...options,
  ...(bare ? { enclosure: BARE } : {}),
  ...(sandbox ? { enclosure: (await findSandbox(sandbox)).sandbox! } : {}),
})
console.log(`pid ${run.pid}`)
for await (const { frame } of run) {
  if (frame === null) continue
  console.log('reported')
  if (exitWhenReported) process.exit(0)
  break
}
const { timeline, lastBlock, ...result } = await run.result
console.log(`ended ${JSON.stringify({ ...result, maxRssBytes: process.resourceUsage().maxRSS * 1_024 })}`)
