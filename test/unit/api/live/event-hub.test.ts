import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Sink } from '../../../../src/api/live/event-channel.js'
import { EventHub } from '../../../../src/api/live/event-hub.js'
import type { Frame } from '../../../../src/api/live/frame.js'
import { FfleetError } from '../../../../src/contract/index.js'
import { compareIds } from '../../../../src/queue/index.js'
import { MemoryEventLog } from '../../../helpers/memory-event-log.js'

class Recorder implements Sink {
  closed = false
  readonly ids: string[] = []
  frames: Frame[] = []
  ended = false
  stands = false
  replay(frames: Frame[]) {
    this.stands = true
    for (const frame of frames) this.send(frame)
  }
  send(frame: Frame) {
    if (!this.stands) throw new Error('a live event before the stream stands')
    if (this.ended) throw new Error('an event after the end')
    this.ids.push(frame.id)
    this.frames.push(frame)
  }
  end() {
    if (this.ended) throw new Error('ended twice')
    this.ended = true
    this.closed = true
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

/** Lets everything that is pending happen. */
async function drain(log: MemoryEventLog): Promise<void> {
  await settled()
  while (log.pending > 0) {
    log.step()
    log.deliver()
    await settled()
  }
}

const idsAfter = (log: MemoryEventLog, after: string | undefined) =>
  log.entries.map(({ event }) => event.id).filter((id) => after === undefined || compareIds(id, after) > 0)

describe('following a job', () => {
  it('gives what is kept, then what comes, and ends with the job', async () => {
    const log = new MemoryEventLog()
    const hub = new EventHub({ log })
    log.append('job.queued')
    const sink = new Recorder()
    const joined = hub.follow('job', undefined, sink)
    await drain(log)
    expect(await joined).toBe('following')
    log.append('attempt.started')
    log.append('job.completed')
    await drain(log)
    expect(sink.ids).toEqual(idsAfter(log, undefined))
    expect(sink.ended).toBe(true)
    expect(hub.size).toBe(0)
    expect(log.subscriptions).toBe(0)
  })

  it('tells an unknown job, and one of which everything was seen', async () => {
    const log = new MemoryEventLog()
    const hub = new EventHub({ log })
    log.append('job.queued')
    const end = log.append('job.failed')
    const sink = new Recorder()
    const seen = hub.follow('job', end, sink)
    await drain(log)
    expect(await seen).toBe('ended')
    expect(sink.stands).toBe(false)
    log.known = false
    const unknown = hub.follow('job', undefined, new Recorder())
    await drain(log)
    expect(await unknown).toBe('unknown')
    expect(hub.size).toBe(0)
  })

  it('goes on behind the terminal event of a job that was retried', async () => {
    const log = new MemoryEventLog()
    const hub = new EventHub({ log })
    log.append('job.queued')
    const failed = log.append('job.failed')
    log.append('job.queued')
    const sinks = [undefined, failed].map((after) => {
      const sink = new Recorder()
      void hub.follow('job', after, sink)
      return sink
    })
    await drain(log)
    expect(sinks.map((sink) => sink.ended)).toEqual([false, false])
    log.append('job.completed')
    await drain(log)
    expect(sinks[0]!.ids).toEqual(idsAfter(log, undefined))
    expect(sinks[1]!.ids).toEqual(idsAfter(log, failed))
    expect(sinks.every((sink) => sink.ended)).toBe(true)
  })

  it('goes on when a job is retried while its history is read', async () => {
    const log = new MemoryEventLog()
    const hub = new EventHub({ log })
    log.append('job.queued')
    log.append('job.failed')
    const sink = new Recorder()
    const joined = hub.follow('job', undefined, sink)
    await settled()
    for (const step of ['subscribe', 'look at the log']) {
      expect(log.pending, step).toBeGreaterThan(0)
      log.step()
      await settled()
    }
    const retried = log.append('job.queued')
    for (const _ of log.entries) log.deliver()
    await drain(log)
    expect(await joined).toBe('following')
    expect(sink.ids.at(-1)).toBe(retried)
    expect(sink.ended).toBe(false)
    log.append('job.completed')
    await drain(log)
    expect(sink.ids).toEqual(idsAfter(log, undefined))
    expect(sink.ended).toBe(true)
  })

  it('holds one subscription, reads together for a crowd, and shares every frame', async () => {
    const log = new MemoryEventLog()
    const hub = new EventHub({ log })
    log.append('job.queued')
    const sinks = Array.from({ length: 500 }, () => new Recorder())
    const joined = sinks.map((sink) => hub.follow('job', undefined, sink))
    await drain(log)
    await Promise.all(joined)
    expect(log.subscriptions).toBe(1)
    expect(log.reads).toBeLessThanOrEqual(2)
    log.append('attempt.started')
    await drain(log)
    expect(new Set(sinks.map((sink) => sink.frames.at(-1))).size).toBe(1)
    for (const sink of sinks) {
      sink.closed = true
      hub.leave('job', sink)
    }
    await settled()
    expect(log.subscriptions).toBe(0)
  })

  it('rejects who comes while the log cannot be read, and only delays who was there', async () => {
    const log = new MemoryEventLog()
    const hub = new EventHub({ log })
    log.append('job.queued')
    const early = new Recorder()
    const joined = hub.follow('job', undefined, early)
    await drain(log)
    await joined
    const read = log.read.bind(log)
    log.read = () => Promise.reject(new FfleetError('QUEUE_UNAVAILABLE', 'away'))
    log.disconnect()
    log.append('attempt.started')
    log.reconnect()
    await expect(hub.follow('job', undefined, new Recorder())).rejects.toThrow('away')
    log.read = read
    while (early.ids.length < 2) {
      await drain(log)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    expect(early.ids).toEqual(idsAfter(log, undefined))
    early.closed = true
    hub.leave('job', early)
  })

  it('gives each event once and in order, whatever comes between', async () => {
    const action = fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom('progress', 'log') },
      { weight: 6, arbitrary: fc.constant('step' as const) },
      { weight: 6, arbitrary: fc.constant('deliver' as const) },
      { weight: 2, arbitrary: fc.constantFrom('disconnect', 'reconnect') },
      { weight: 3, arbitrary: fc.record({ join: fc.option(fc.nat({ max: 40 }), { nil: undefined }) }) },
      { weight: 1, arbitrary: fc.record({ leave: fc.nat({ max: 10 }) }) },
      { weight: 1, arbitrary: fc.constantFrom('fail', 'retry') },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 80 }), async (actions) => {
        const log = new MemoryEventLog()
        const hub = new EventHub({ log })
        const followers: { sink: Recorder; after: string | undefined; joined: Promise<string> }[] = []
        let left = 0
        log.append('job.queued')
        for (const step of actions) {
          if (typeof step === 'object' && 'join' in step) {
            const sink = new Recorder()
            const after = step.join === undefined ? undefined : log.entries[step.join % log.entries.length]!.event.id
            followers.push({ sink, after, joined: hub.follow('job', after, sink) })
          } else if (typeof step === 'object') {
            const follower = followers[step.leave % Math.max(1, followers.length)]
            if (!follower || follower.sink.closed) continue
            follower.sink.closed = true
            hub.leave('job', follower.sink)
            left++
          } else if (step === 'fail') {
            if (log.endId === null) log.append('job.failed')
          } else if (step === 'retry') {
            if (log.endId !== null) log.append('job.queued')
          } else if (step === 'progress' || step === 'log') {
            if (log.endId === null) log.append(step as 'progress')
          } else {
            log[step as 'step' | 'deliver' | 'disconnect' | 'reconnect']()
          }
          await settled()
        }
        log.reconnect()
        await drain(log)
        if (log.endId === null) log.append('job.completed')
        await drain(log)
        for (const { sink, after, joined } of followers) {
          const expected = idsAfter(log, after)
          expect(sink.ids).toEqual(expected.slice(0, sink.ids.length))
          if (sink.closed && !sink.ended) continue
          const outcome = await joined
          expect(outcome).toBe(sink.stands ? 'following' : 'ended')
          // It saw everything, or ended with a terminal event that was the last one at the time.
          if (sink.ids.length < expected.length) {
            expect(sink.frames.at(-1)?.terminal ?? outcome === 'ended').toBe(true)
          }
          if (sink.stands) expect(sink.ended).toBe(true)
        }
        expect(left).toBeLessThanOrEqual(followers.length)
        expect(hub.size).toBe(0)
        expect(log.subscriptions).toBe(0)
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('following the fleet', () => {
  it('begins now without an id, after it with one, and does not end with a job', async () => {
    const log = new MemoryEventLog()
    const hub = new EventHub({ log })
    const first = log.append('job.queued')
    log.append('job.completed')
    const fromNow = new Recorder()
    const fromFirst = new Recorder()
    await Promise.all([hub.followFleet(undefined, fromNow), hub.followFleet(first, fromFirst)])
    const next = log.append('job.queued')
    await drain(log)
    expect(fromNow.ids).toEqual([next])
    expect(fromFirst.ids).toEqual(idsAfter(log, first))
    expect(fromNow.ended || fromFirst.ended).toBe(false)
  })
})
