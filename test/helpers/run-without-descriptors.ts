/**
 * A process that runs ffmpeg with 0, 1, … 19 file descriptors left; prints for each how it ended. It lowers its own limit on
 * them once its modules are loaded, which are opened many at a time.
 */
import { execFileSync } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { runFfmpeg } from '../../src/ffmpeg/index.js'

const run = () => runFfmpeg(['-f', 'lavfi', '-i', 'testsrc=d=0.1:s=64x64', '-f', 'null', '-']).result

await run() // what is opened once is open
execFileSync('prlimit', ['--pid', String(process.pid), '--nofile=100'])
const taken: number[] = []
try {
  for (;;) taken.push(openSync('/dev/null', 'r'))
} catch {}
for (let left = 0; left < 20; left++) {
  const { ended, error } = await run()
  console.log(left, ended, error)
  closeSync(taken.pop()!)
}
