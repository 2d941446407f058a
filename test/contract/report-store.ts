/** What every store of reports must do: run it over each of them, whoever writes and whoever reads. */
import { appendFile, writeFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import type { AttemptReport, OutputReport, Probe } from '../../src/contract/index.js'
import type { ReportReader, ReportWriter } from '../../src/storage/reports/store.js'

export const anAttempt = (attempt: number, overrides: Partial<AttemptReport> = {}): AttemptReport => ({
  attempt,
  worker: 'w-1',
  host: 'h',
  startedAt: '2026-01-01T00:00:00.000Z',
  finishedAt: null,
  outcome: 'running',
  error: null,
  diagnosis: null,
  passes: [],
  ...overrides,
})

export const probe: Probe = {
  container: 'mp4',
  bytes: 1,
  durationUs: null,
  promisedUs: null,
  bitrate: null,
  streams: [],
  chapters: null,
  tags: {},
  by: 'ffprobe',
}

export const anOutput = (name: string, bytes = 1): OutputReport => ({
  name,
  probe: { ...probe, bytes },
  verified: { duration: true, streams: true, decodes: null },
})

/** `open` gives a fresh, empty store, as those who write see it and those who read. */
export function describeReportStore(
  name: string,
  open: () => Promise<{ writer: ReportWriter; reader: ReportReader }>,
): void {
  /** An attempt as it runs: what it tells, a log that grows, and its end. */
  async function tell(
    writer: ReportWriter,
    attempt: number,
    log: string,
    outcome: AttemptReport['outcome'] = 'completed',
  ) {
    const path = await writer.logPath('01J', attempt)
    await appendFile(path, log)
    await writer.append('01J', { attempt: anAttempt(attempt, { outcome }) }, { last: true })
  }

  describe(name, () => {
    test('has nothing of a job that wrote nothing', async () => {
      const { writer, reader } = await open()
      expect(await reader.read('01J')).toEqual({ jobId: '01J', input: null, attempts: [], outputs: [] })
      expect(await reader.openLog('01J')).toBeNull()
      expect(await reader.readLog('01J', { limit: 1 }, null)).toBeNull()
      expect(await reader.list()).toEqual([])
      await writer.remove('01J')
    })

    test('puts a report together from what each attempt told, the newest of each counting', async () => {
      const { writer, reader } = await open()
      await writer.append('01J', { attempt: anAttempt(10), outputs: [anOutput('b', 10)] })
      await writer.append('01J', { attempt: anAttempt(2), input: { ...probe, bytes: 2 } })
      await writer.append('01J', { attempt: anAttempt(1), input: probe, outputs: [anOutput('b'), anOutput('a')] })
      await writer.append('01J', { attempt: anAttempt(2, { outcome: 'failed' }) }, { last: true })
      const read = await reader.read('01J')
      expect(read.input?.bytes).toBe(2)
      expect(read.attempts.map(({ attempt, outcome }) => [attempt, outcome])).toEqual([
        [1, 'running'],
        [2, 'failed'],
        [10, 'running'],
      ])
      expect(read.outputs).toEqual([anOutput('b', 10), anOutput('a')])
    })

    test('has the log of the newest attempt, or of the one asked for, and pages of it', async () => {
      const { writer, reader } = await open()
      for (const attempt of [2, 1, 10]) await tell(writer, attempt, `[info] attempt ${attempt}\n[error] it failed\n`)
      const newest = await reader.openLog('01J')
      expect(newest).toMatchObject({ attempt: 10, bytes: 36 })
      expect(await text(newest!.stream)).toBe('[info] attempt 10\n[error] it failed\n')
      expect(await text((await reader.openLog('01J', 2))!.stream)).toContain('attempt 2')
      expect(await reader.openLog('01J', 3)).toBeNull()
      const page = await reader.readLog('01J', { limit: 10, level: 'error' }, null)
      expect(page).toMatchObject({ attempt: 10, items: [{ at: 18, level: 'error', text: 'it failed' }] })
      const next = { attempt: 1, after: 0, limit: 1 }
      expect(await reader.readLog('01J', next, null)).toMatchObject({ items: [{ text: 'attempt 1' }], next: 17 })
      expect(await reader.readLog('01J', { ...next, attempt: 3 }, null)).toBeNull()
    })

    test('has an empty log where ffmpeg said nothing', async () => {
      const { writer, reader } = await open()
      await writeFile(await writer.logPath('01J', 1), '')
      await writer.append('01J', { attempt: anAttempt(1) }, { last: true })
      const log = await reader.openLog('01J')
      expect([log?.bytes, await text(log!.stream)]).toEqual([0, ''])
    })

    test('forgets a job whole, and keeps the others', async () => {
      const { writer, reader } = await open()
      await tell(writer, 1, 'log')
      await tell(writer, 2, 'log')
      await writer.append('01K', { attempt: anAttempt(1) })
      expect(await reader.list()).toEqual(['01J', '01K'])
      await writer.remove('01J')
      await writer.remove('01J')
      expect(await reader.list()).toEqual(['01K'])
      expect(await reader.openLog('01J')).toBeNull()
    })

    test.each(['..', '../01J', '.', 'a/b', '', 'x\0', '-x'])('takes %j for no job', async (jobId) => {
      const { writer, reader } = await open()
      for (const call of [
        () => reader.read(jobId),
        () => reader.openLog(jobId),
        () => reader.readLog(jobId, { limit: 1 }, null),
        () => writer.logPath(jobId, 1),
        () => writer.append(jobId, { attempt: anAttempt(1) }),
        () => writer.remove(jobId),
      ]) {
        await expect((async () => call())()).rejects.toMatchObject({ code: 'NOT_FOUND' })
      }
    })
  })
}
