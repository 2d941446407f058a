import { appendFile, mkdir, readdir, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import type { AttemptReport, OutputReport, Probe } from '../../../src/contract/index.js'
import { openReports } from '../../../src/storage/reports.js'
import { aFolder } from '../../helpers/folder.js'

const anAttempt = (attempt: number, overrides: Partial<AttemptReport> = {}): AttemptReport => ({
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

const probe: Probe = {
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

const anOutput = (name: string, bytes = 1): OutputReport => ({
  name,
  probe: { ...probe, bytes },
  verified: { duration: true, streams: true, decodes: null },
})

describe('a report', () => {
  test('of a job that wrote nothing is empty', async () => {
    const reports = openReports(await aFolder())
    expect(await reports.read('01J')).toEqual({ jobId: '01J', input: null, attempts: [], outputs: [] })
    expect(await reports.openLog('01J')).toBeNull()
    expect(await reports.list()).toEqual([])
  })

  test('is put together from what each attempt told, the newest of each counting', async () => {
    const dataDir = await aFolder()
    const reports = openReports(dataDir)
    await reports.append('01J', { attempt: anAttempt(10), outputs: [anOutput('b', 10)] })
    await reports.append('01J', { attempt: anAttempt(2), input: { ...probe, bytes: 2 } })
    await reports.append('01J', { attempt: anAttempt(1), input: probe, outputs: [anOutput('b'), anOutput('a')] })
    await reports.append('01J', { attempt: anAttempt(2, { outcome: 'failed' }) }, { last: true })
    const read = await reports.read('01J')
    expect(read.input?.bytes).toBe(2)
    expect(read.attempts.map(({ attempt, outcome }) => [attempt, outcome])).toEqual([
      [1, 'running'],
      [2, 'failed'],
      [10, 'running'],
    ])
    expect(read.outputs).toEqual([anOutput('b', 10), anOutput('a')])
    expect(await readdir(join(dataDir, 'reports/01J'))).toEqual([
      'attempt-1.ndjson',
      'attempt-10.ndjson',
      'attempt-2.ndjson',
    ])
  })

  test('is never half of one for a reader, however often it is written', async () => {
    const reports = openReports(await aFolder())
    const large = Array.from({ length: 2_000 }, (_, i) => `line ${i}`)
    const write = async () => {
      for (let i = 0; i < 50; i += 1) {
        await reports.append('01J', { attempt: anAttempt(1, { worker: large.join(String(i)) }) })
      }
    }
    let writing = true
    const written = write().finally(() => {
      writing = false
    })
    await reports.append('01J', { attempt: anAttempt(1) })
    while (writing) expect((await reports.read('01J')).attempts).toHaveLength(1)
    await written
  })

  test('leaves out a file that lost its content, as after a power cut', async () => {
    const dataDir = await aFolder()
    const reports = openReports(dataDir)
    await reports.append('01J', { attempt: anAttempt(1) })
    await writeFile(join(dataDir, 'reports/01J/attempt-2.ndjson'), '')
    await writeFile(join(dataDir, 'reports/01J/attempt-3.ndjson'), '\0'.repeat(100))
    expect((await reports.read('01J')).attempts).toHaveLength(1)
  })

  test('loses no more than the line that was cut off', async () => {
    const dataDir = await aFolder()
    const reports = openReports(dataDir)
    await reports.append('01J', { attempt: anAttempt(1), outputs: [anOutput('a')] })
    await appendFile(join(dataDir, 'reports/01J/attempt-1.ndjson'), '\n{"attempt":{"attempt":1,"outc')
    expect((await reports.read('01J')).attempts).toEqual([anAttempt(1)])
    await reports.append('01J', { attempt: anAttempt(1, { outcome: 'completed' }) })
    const read = await reports.read('01J')
    expect([read.attempts[0]!.outcome, read.outputs]).toEqual(['completed', [anOutput('a')]])
  })

  test('goes whole', async () => {
    const reports = openReports(await aFolder())
    await reports.append('01J', { attempt: anAttempt(1) })
    await reports.append('01K', { attempt: anAttempt(1) })
    expect(await reports.list()).toEqual(['01J', '01K'])
    await reports.remove('01J')
    await reports.remove('01J')
    expect(await reports.list()).toEqual(['01K'])
  })
})

describe('a log', () => {
  test('is the newest attempt’s, or the one asked for, as long as it is now', async () => {
    const reports = openReports(await aFolder())
    for (const attempt of [1, 2, 10]) await appendFile(await reports.logPath('01J', attempt), `attempt ${attempt}\n`)
    const newest = await reports.openLog('01J')
    expect(newest).toMatchObject({ attempt: 10, bytes: 11 })
    await appendFile(await reports.logPath('01J', 10), 'more\n')
    expect(await text(newest!.stream)).toBe('attempt 10\n')
    expect(await text((await reports.openLog('01J', 2))!.stream)).toBe('attempt 2\n')
    expect(await reports.openLog('01J', 3)).toBeNull()
  })

  test('of any length is read from its end, and from where a reader likes', async () => {
    const reports = openReports(await aFolder())
    const path = await reports.logPath('01J', 1)
    await writeFile(path, 'first\n')
    await truncate(path, 64 * 1024 * 1024)
    await appendFile(path, '\n[error] last\nhalf')
    const query = { limit: 10 }
    expect(await reports.readLog('01J', { ...query, level: 'error' }, null)).toMatchObject({
      attempt: 1,
      items: [{ at: 64 * 1024 * 1024 + 1, level: 'error', text: 'last' }],
    })
    const texts = async (running: number | null) =>
      (await reports.readLog('01J', query, running))?.items.map(({ text }) => text)
    expect([await texts(1), await texts(2), await texts(null)]).toEqual([['last'], ['last', 'half'], ['last', 'half']])
    expect(await reports.readLog('01J', { limit: 1, after: 0 }, null)).toMatchObject({
      items: [{ text: 'first' }],
      next: 6,
    })
    expect(await reports.readLog('01J', { ...query, attempt: 2 }, null)).toBeNull()
    expect(await reports.readLog('01K', query, null)).toBeNull()
    await rm(path)
  })

  test('that is still empty is empty', async () => {
    const reports = openReports(await aFolder())
    await writeFile(await reports.logPath('01J', 1), '')
    const log = await reports.openLog('01J')
    expect([log?.bytes, await text(log!.stream)]).toEqual([0, ''])
  })
})

describe('names from outside', () => {
  test.each(['..', '../01J', '.', 'a/b', '', 'x\0', '-x'])('%j is no job id', async (jobId) => {
    const reports = openReports(await aFolder())
    for (const call of [
      reports.read(jobId),
      reports.openLog(jobId),
      reports.readLog(jobId, { limit: 1 }, null),
      reports.logPath(jobId, 1),
      reports.append(jobId, { attempt: anAttempt(1) }),
    ]) {
      await expect(call).rejects.toMatchObject({ code: 'NOT_FOUND' })
    }
    expect(() => reports.remove(jobId)).toThrow('There is no job of that id.')
  })

  test('a link at the place of a log is not followed', async () => {
    const dataDir = await aFolder()
    await mkdir(join(dataDir, 'reports/01J'), { recursive: true })
    await symlink('/etc/hostname', join(dataDir, 'reports/01J/attempt-1.log'))
    await expect(openReports(dataDir).openLog('01J')).rejects.toThrow()
    await expect(openReports(dataDir).readLog('01J', { limit: 1 }, null)).rejects.toThrow()
  })
})
