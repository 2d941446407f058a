import { readFile } from 'node:fs/promises'
import { ReportParser } from '../../src/progress/index.js'
import { type Benchmark, interleaved, median } from './benchmark.js'

const REPORT = new URL('../../fixtures/reports/5.1.9/av_mp4.progress', import.meta.url)
const BLOCKS = 20_000

/** What reading a report costs. */
export const parsing: Benchmark = {
  name: 'parsing',
  title: 'Reading the report',
  about: `A recorded report again and again, ${BLOCKS.toLocaleString('en')} blocks a round, each pushed in one piece; beside it the least that anybody would do, splitting it into lines and those at \`=\`.`,
  async run() {
    const text = await readFile(REPORT, 'utf8')
    const blocks = text.match(/[\s\S]*?\nprogress=\w+\n/g)!.map((block) => Buffer.from(block))
    const round = (take: (block: Buffer) => void) => async () => {
      const startMs = performance.now()
      for (let i = 0; i < BLOCKS; i++) take(blocks[i % blocks.length]!)
      return ((performance.now() - startMs) * 1_000) / BLOCKS
    }
    const parser = new ReportParser()
    let seen = 0
    const results = await interleaved(
      { rounds: 9, limitMs: 10_000 },
      {
        ffleet: round((block) => {
          seen += parser.push(block).length
        }),
        split: round((block) => {
          seen += Object.fromEntries(
            block
              .toString()
              .split('\n')
              .map((line) => line.split('=')),
          ).progress.length
        }),
      },
    )
    if (seen === 0) throw new Error('Nothing was read')
    const [ours, split] = [median(results.map(({ ffleet }) => ffleet)), median(results.map((result) => result.split))]
    return [
      {
        what: 'a block',
        ffleet: `${ours.toFixed(1)} µs`,
        beside: `split ${split.toFixed(1)} µs`,
        compared: (ours / split).toFixed(1),
        target: null,
        reached: null,
      },
    ]
  },
}
