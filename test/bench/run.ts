/**
 * `npm run bench` measures everything and writes `docs/benchmarks.md`; `npm run bench -- NAME…` measures those and
 * prints them, and with `--write` puts them in the place of their former sections. Some take options of their own.
 */
import { execFileSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { authentication } from './authentication.js'
import type { Benchmark, Figure } from './benchmark.js'
import { fairness } from './fairness.js'
import { fleetSim } from './fleet-sim.js'
import { forecast } from './forecast.js'
import { ladder } from './ladder.js'
import { latency } from './latency.js'
import { longClips, shortClips } from './overhead.js'
import { overlap } from './overlap.js'
import { pageLive } from './page-live.js'
import { pageLoad } from './page-load.js'
import { pageMemory } from './page-memory.js'
import { pageQueue } from './page-queue.js'
import { parsing } from './parsing.js'
import { s3 } from './s3.js'
import { sandbox } from './sandbox.js'
import { split } from './split.js'
import { submissions } from './submissions.js'
import { watchers } from './watchers.js'
import { webhooks } from './webhooks.js'

const BENCHMARKS: Benchmark[] = [
  longClips,
  shortClips,
  sandbox,
  latency,
  submissions,
  authentication,
  watchers,
  parsing,
  forecast,
  fairness,
  fleetSim,
  split,
  ladder,
  webhooks,
  pageLoad,
  pageLive,
  s3,
  overlap,
  pageMemory,
  pageQueue,
]
const PAGE = new URL('../../docs/benchmarks.md', import.meta.url)

const { values: options, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: { write: { type: 'boolean' }, workers: { type: 'string' }, seconds: { type: 'string' } },
})
const unknown = wanted.filter((name) => !BENCHMARKS.some((each) => each.name === name))
if (unknown.length > 0) {
  console.error(`No benchmark ${unknown.join(', ')}; there are ${BENCHMARKS.map(({ name }) => name).join(', ')}.`)
  process.exit(2)
}

const measured: { benchmark: Benchmark; figures: Figure[] }[] = []
for (const benchmark of BENCHMARKS) {
  if (wanted.length > 0 && !wanted.includes(benchmark.name)) continue
  console.log(`${benchmark.name} (load ${loadavg()[0]!.toFixed(1)})`)
  const startMs = performance.now()
  const figures = await benchmark.run((line) => console.log(`  ${line}`), options)
  measured.push({ benchmark, figures })
  console.log(`${table(figures)}\n  ${((performance.now() - startMs) / 1000).toFixed(0)} s`)
}
if (wanted.length === 0) await writeFile(PAGE, page())
else if (options.write) await writeFile(PAGE, renewed(await readFile(PAGE, 'utf8')))
process.exit()

function section({ benchmark: { title, about, name }, figures }: (typeof measured)[number], apart = ''): string {
  return `## ${title}\n\n${about}${apart} Alone: \`npm run bench -- ${name}\`.\n\n${table(figures)}\n`
}

/** The page with what was measured now; a section says that it is not of the same run as the others. */
function renewed(page: string): string {
  const sections = page.split(/^(?=## )/m)
  for (const each of measured) {
    const at = sections.findIndex((text) => text.startsWith(`## ${each.benchmark.title}\n`))
    sections[at < 0 ? sections.length : at] = section(each, ` Measured apart from the others, ${today()}.`)
  }
  return `${sections.map((text) => text.trim()).join('\n\n')}\n`
}

function today(): string {
  return `${new Date().toISOString().slice(0, 10)}, mean load of 15 minutes ${loadavg()[2]!.toFixed(1)}`
}

function page(): string {
  const sections = measured.map((each) => section(each))
  return `# Benchmarks

Written by \`npm run bench\`. Every figure is measured side by side with what it is held against, in one run and in turns,
because the machine is not the same from one minute to the next: read the ratios, not the milliseconds.

${machine()}

${sections.join('\n')}`
}

function machine(): string {
  const version = (program: string) =>
    execFileSync(program, [program === 'ffmpeg' ? '-version' : '--version'], { encoding: 'utf8' })
  const ffmpeg = /version (\S+)/.exec(version('ffmpeg'))?.[1]
  const redis = /v=(\S+)/.exec(version('redis-server'))?.[1]
  return (
    `Machine: ${availableParallelism()} cores (${cpus()[0]?.model.trim()}), Node ${process.versions.node}, ffmpeg ${ffmpeg}, ` +
    `Redis ${redis} without persistence, ${today()}.`
  )
}

function table(figures: Figure[]): string {
  const rows = figures.map(({ what, ffleet, beside, compared, target, reached }) => [
    what,
    ffleet,
    beside,
    compared,
    target === null ? '' : `${target} ${reached ? '✓' : '✗'}`,
  ])
  const lines = [['', 'ffleet', 'beside', 'compared', 'to reach'], ...rows]
  const widths = lines[0]!.map((_, column) => Math.max(3, ...lines.map((cells) => cells[column]!.length)))
  lines.splice(
    1,
    0,
    widths.map((width) => '-'.repeat(width)),
  )
  return lines.map((cells) => `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`).join('\n')
}
