/**
 * A process that runs ffmpeg with 0, 1, … 19 file descriptors left; prints for each how it ended. To be started with a low
 * limit on them.
 */
import { closeSync, openSync } from 'node:fs'
import { runFfmpeg } from '../../src/ffmpeg/index.js'

const run = () => runFfmpeg(['-f', 'lavfi', '-i', 'testsrc=d=0.1:s=64x64', '-f', 'null', '-']).result

await run() // what is opened once is open
const taken: number[] = []
try {
  for (;;) taken.push(openSync('/dev/null', 'r'))
} catch {}
for (let left = 0; left < 20; left++) {
  const { ended, error } = await run()
  console.log(left, ended, error)
  closeSync(taken.pop()!)
}
