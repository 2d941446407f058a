/** Runs a fleet to get one real example of everything the reference shows. */
import { execFileSync } from 'node:child_process'
import { copyFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Recorded } from '../../docs/reference/generate/recorded.js'
import { makeClip } from '../../fixtures/media/recipes.js'
import type { FfleetClient } from '../../src/client/index.js'
import { FfleetApiError } from '../../src/client/index.js'
import type { FleetEvent, Problem, Report } from '../../src/contract/index.js'
import { PACED } from '../helpers/fleet-stack.js'
import { startStack } from '../helpers/stack.js'

/** Of the log of a pass, so that a page can show it. */
const LOG_LINES = 3

/** Long enough to be played before it is encoded. */
const FILM = ['-f', 'lavfi', '-i', 'testsrc2=s=160x120:r=25:d=12', '-preset', 'ultrafast']

/** What a fleet of one worker says of two jobs that complete, one that fails, and two that are cancelled. */
export async function recordExamples(): Promise<Recorded> {
  const stack = await startStack({ workers: 0 })
  const { client, mediaRoot } = stack
  const watching = new AbortController()
  try {
    await copyFile(await makeClip('h264-aac-6s'), join(mediaRoot, 'in.mp4'))
    await copyFile(await makeClip('video-only'), join(mediaRoot, 'silent.mp4'))
    await copyFile(await makeClip('truncated-faststart'), join(mediaRoot, 'cut.mp4'))
    execFileSync('ffmpeg', ['-v', 'error', ...FILM, join(mediaRoot, 'long.mp4')])
    const fleet = followFleet(client, watching.signal)
    fleet.catch(() => {})
    await stack.startWorker(PACED)
    const completed = await client.submit({
      input: 'in.mp4',
      // It takes long enough for an ETA.
      outputs: [{ preset: 'vp9-720p', name: 'main', path: 'trailers/small.webm' }],
      tags: { customer: '42' },
    })
    const events: FleetEvent[] = await all(client.events(completed.id))
    const failing = await client.submit({ input: 'silent.mp4', outputs: [{ preset: 'mp3-192k' }] })
    events.push(...(await all(client.events(failing.id))))
    const cut = await client.submit({ input: 'cut.mp4', outputs: [{ preset: 'h264-360p' }] })
    events.push(...(await all(client.events(cut.id))))
    const late = await client.submit({ input: 'in.mp4', outputs: [{ preset: 'poster' }], delayMs: 3_600_000 })
    await client.cancel(late.id)
    events.push(...(await all(client.events(late.id))))
    const early = await client.submit({
      input: 'long.mp4',
      outputs: [{ preset: 'hls', name: 'film', ladder: { segmentMs: 1_000, playable: 'while-encoding' } }],
    })
    for await (const event of client.events(early.id)) {
      events.push(event)
      if (event.type === 'output.playable') break
    }
    await client.cancel(early.id)
    await client.wait(early.id)
    const [worker] = await client.workers()
    const queue = await client.queue()
    await client.drain(worker!.id)
    events.push(...(await fleet))
    const report = await client.report(completed.id)
    return withoutHost({
      events: oneOfEach(events),
      job: await client.get(completed.id),
      report: shortened(report),
      problem: await refusal(client),
      worker: worker!,
      queue,
    })
  } finally {
    watching.abort()
    await stack.stop()
  }
}

async function all<E>(source: AsyncIterable<E>): Promise<E[]> {
  const found: E[] = []
  for await (const event of source) found.push(event)
  return found
}

/** Events of workers, from the one that is to come first to its end. */
async function followFleet(client: FfleetClient, signal: AbortSignal): Promise<FleetEvent[]> {
  const found: FleetEvent[] = []
  for await (const event of client.watchAll({ after: '0', signal })) {
    if (event.type.startsWith('worker.')) found.push(event)
    if (event.type === 'worker.left') break
  }
  return found
}

/** The first of each type; of progress, one from the middle of an encode. */
function oneOfEach(events: readonly FleetEvent[]): FleetEvent[] {
  const telling = events.filter((event) => event.type !== 'progress' || event.progress.etaMs !== null)
  return [...new Map([...telling, ...events].reverse().map((event) => [event.type, event])).values()].reverse()
}

async function refusal(client: FfleetClient): Promise<Problem> {
  const response = await fetch(`${client.baseUrl}/v1/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ input: 'in.mp4', outputs: [{ preset: 'h264-720q', crf: 20 }], priorty: 5 }),
  })
  if (response.status !== 422) throw new FfleetApiError(response.status, {})
  return (await response.json()) as Problem
}

function shortened(report: Report): Report {
  const attempts = report.attempts.map((attempt) => ({
    ...attempt,
    passes: attempt.passes.map((pass) => ({ ...pass, logTail: pass.logTail.slice(-LOG_LINES) })),
  }))
  return { ...report, attempts }
}

/** The name of the machine that recorded is nobody's business. */
function withoutHost<T>(value: T): T {
  return JSON.parse(JSON.stringify(value).replaceAll(JSON.stringify(hostname()), '"encoder-1"')) as T
}
