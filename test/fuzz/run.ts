/**
 * `npm run fuzz -- MINUTES [TARGET…]` looks for inputs that break a promise, from seeds that nobody chose. What it finds it
 * prints with the seed and path that find it again (`--seed N --path P`, one target), and keeps as a case for the tests.
 */
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { explore, keepCase, type Target } from './target.js'
import { TARGETS } from './targets/index.js'

/** So many with one seed, then another one. */
const ROUND = 200
const MINUTE_MS = 60_000

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string' }, path: { type: 'string' } },
})
const [minutes = '1', ...wanted] = positionals
const unknown = wanted.filter((name) => !TARGETS.some((target) => target.name === name))
if (!(Number(minutes) > 0) || unknown.length > 0) {
  console.error('npm run fuzz -- MINUTES [TARGET…] [--seed N --path P]')
  console.error(`MINUTES is above 0; targets are ${TARGETS.map(({ name }) => name).join(', ')}.`)
  process.exit(2)
}

const targets = wanted.length === 0 ? TARGETS : TARGETS.filter(({ name }) => wanted.includes(name))
const shareMs = (Number(minutes) * MINUTE_MS) / targets.length
let found = 0
for (const target of targets) if (await fuzz(target)) found += 1
process.exit(found > 0 ? 1 : 0)

/** Until its share of the time is over, or something is found. */
async function fuzz({ name, open }: Target): Promise<boolean> {
  const opened = await open()
  const endMs = performance.now() + shareMs
  let seeds = 0
  try {
    do {
      const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed)
      const interruptAfterTimeLimit = Math.max(1, endMs - performance.now())
      const failure = await explore(opened, { seed, path: values.path, numRuns: ROUND, interruptAfterTimeLimit })
      seeds += 1
      if (failure === null) continue
      console.log(`${name}: broken by seed ${failure.seed}, path ${failure.path}\n${failure.error}`)
      console.log(`${JSON.stringify(failure.input, null, 2)}\nkept in ${await keepCase(name, failure.input)}`)
      console.log(`Again: npm run fuzz -- 1 ${name} --seed ${failure.seed} --path ${failure.path}`)
      return true
    } while (values.seed === undefined && performance.now() < endMs)
    console.log(`${name}: nothing found with ${seeds} seeds of ${ROUND} inputs`)
    return false
  } finally {
    await opened.close?.()
  }
}
