import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { startStack } from '../helpers/stack.js'
import type { Benchmark } from './benchmark.js'
import { makeBenchClip } from './media.js'
import { startPart } from './part.js'

const WATCHERS = 2_000
const JOBS = 4
const LIVE_MS = 6_000
const REACH_KB = 30
const PROGRAM = fileURLToPath(new URL('../../fixtures/programs/tells-the-time.mjs', import.meta.url))

/** What a watcher costs, and whether each gets everything. */
export const watchers: Benchmark = {
  name: 'watchers',
  title: `${WATCHERS.toLocaleString('en')} watchers`,
  about:
    `${WATCHERS.toLocaleString('en')} SSE connections to one API process follow ${JOBS} running jobs, which report twice a second, until they are cancelled. ` +
    'Memory is what the resident size of the process grows by from before the connections to the end of the run. Every sequence of event ids that was ' +
    'received is held against the log in Redis.',
  async run(say) {
    const stack = await startStack({ env: { FFLEET_FFMPEG: PROGRAM, FFLEET_SLOTS: String(JOBS) } })
    const reader = await startPart('./event-reader.ts', { port: Number(new URL(stack.baseUrl).port) })
    try {
      const clip = await makeBenchClip(stack.mediaRoot, 30)
      const jobs = await Promise.all(
        Array.from({ length: JOBS }, () => stack.client.submit({ input: clip, outputs: [{ preset: 'h264-360p' }] })),
      )
      const paths = jobs.map(({ id }) => `/v1/jobs/${id}/events`)
      // A few at a time come and go first, so that what the process needs once is not counted as theirs.
      for (let i = 0; i < 20; i++) {
        await reader.ask('open', pick(paths, WATCHERS / 20))
        await reader.ask('close')
      }
      const before = await rssKb(stack.api.pid)
      await reader.ask('open', pick(paths, WATCHERS))
      const standing = await rssKb(stack.api.pid)
      await new Promise((done) => setTimeout(done, LIVE_MS))
      const after = await rssKb(stack.api.pid)
      await Promise.all(jobs.map(({ id }) => stack.client.cancel(id)))
      const received = await reader.ask<Record<string, Record<string, number>>>('sequences')
      let whole = 0
      let events = 0
      for (const { id } of jobs) {
        const log = (await stack.redis.cli('XRANGE', `ffleet:events:${id}`, '-', '+')) as [string, string[]][]
        const expected = log.map(([eventId]) => eventId).join(' ')
        const count = received[`/v1/jobs/${id}/events`]?.[expected] ?? 0
        whole += count
        events += count * log.length
      }
      const kb = (after - before) / WATCHERS
      say(`API process: ${before} KB before, ${standing} KB with all connections, ${after} KB at the end`)
      return [
        {
          what: 'memory of a connection',
          ffleet: `${kb.toFixed(1)} KB`,
          beside: '',
          compared: `of ${(after / 1_024).toFixed(0)} MB in all`,
          target: `≤ ${REACH_KB} KB`,
          reached: kb <= REACH_KB,
        },
        {
          what: 'watchers that got every event once and in order',
          ffleet: whole.toLocaleString('en'),
          beside: `of ${WATCHERS.toLocaleString('en')}`,
          compared: `${events.toLocaleString('en')} events`,
          target: 'all',
          reached: whole === WATCHERS,
        },
      ]
    } finally {
      await reader.stop()
      await stack.stop()
    }
  },
}

const pick = (paths: string[], count: number) => Array.from({ length: count }, (_, i) => paths[i % paths.length]!)

async function rssKb(pid: number): Promise<number> {
  return Number(/^VmRSS:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))![1])
}
