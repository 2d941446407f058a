import { appendFile, mkdir, readdir, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { openReports } from '../../../src/storage/reports/index.js'
import { keepSending, sendUnsent } from '../../../src/storage/reports/send-unsent.js'
import { anAttempt, anOutput, describeReportStore } from '../../contract/report-store.js'
import { aBucket, type TestBucket } from '../../helpers/bucket.js'
import { aFolder } from '../../helpers/folder.js'

const openIn = (dataDir: string) => openReports({ dataDir }).reports

function openFor(bucket: TestBucket, dataDir: string) {
  const s3 = { s3Endpoint: bucket.endpoint, s3PathStyle: 'on' } as const
  return openReports({ dataDir, reportRoot: `${bucket.root}/reports`, ...s3 }).reports
}

describeReportStore('reports in a folder', async () => {
  const writer = openIn(await aFolder())
  return { writer, reader: writer }
})
describeReportStore('reports in a folder of their own, read on another host', async () => {
  const reportRoot = await aFolder()
  const open = async () => openReports({ dataDir: await aFolder(), reportRoot }).reports
  return { writer: await open(), reader: await open() }
})
describeReportStore('reports in a bucket, read on another host', async () => {
  const bucket = await aBucket()
  return { writer: openFor(bucket, await aFolder()), reader: openFor(bucket, await aFolder()) }
})

describe('a report in a folder', () => {
  test('is never half of one for a reader, however often it is written', async () => {
    const reports = openIn(await aFolder())
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
    const reports = openIn(dataDir)
    await reports.append('01J', { attempt: anAttempt(1) })
    await writeFile(join(dataDir, 'reports/01J/attempt-2.ndjson'), '')
    await writeFile(join(dataDir, 'reports/01J/attempt-3.ndjson'), '\0'.repeat(100))
    expect((await reports.read('01J')).attempts).toHaveLength(1)
  })

  test('loses no more than the line that was cut off', async () => {
    const dataDir = await aFolder()
    const reports = openIn(dataDir)
    await reports.append('01J', { attempt: anAttempt(1), outputs: [anOutput('a')] })
    await appendFile(join(dataDir, 'reports/01J/attempt-1.ndjson'), '\n{"attempt":{"attempt":1,"outc')
    expect((await reports.read('01J')).attempts).toEqual([anAttempt(1)])
    await reports.append('01J', { attempt: anAttempt(1, { outcome: 'completed' }) })
    const read = await reports.read('01J')
    expect([read.attempts[0]!.outcome, read.outputs]).toEqual(['completed', [anOutput('a')]])
  })
})

describe('a log in a folder', () => {
  test('is the newest attempt’s, or the one asked for, as long as it is now', async () => {
    const reports = openIn(await aFolder())
    for (const attempt of [1, 2, 10]) await appendFile(await reports.logPath('01J', attempt), `attempt ${attempt}\n`)
    const newest = await reports.openLog('01J')
    expect(newest).toMatchObject({ attempt: 10, bytes: 11 })
    await appendFile(await reports.logPath('01J', 10), 'more\n')
    expect(await text(newest!.stream)).toBe('attempt 10\n')
    expect(await text((await reports.openLog('01J', 2))!.stream)).toBe('attempt 2\n')
    expect(await reports.openLog('01J', 3)).toBeNull()
  })

  test('of any length is read from its end, and from where a reader likes', async () => {
    const reports = openIn(await aFolder())
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

  test('a link at the place of a log is not followed', async () => {
    const dataDir = await aFolder()
    await mkdir(join(dataDir, 'reports/01J'), { recursive: true })
    await symlink('/etc/hostname', join(dataDir, 'reports/01J/attempt-1.log'))
    await expect(openIn(dataDir).openLog('01J')).rejects.toThrow()
    await expect(openIn(dataDir).readLog('01J', { limit: 1 }, null)).rejects.toThrow()
  })
})

describe('a report for a bucket', () => {
  const unsentIn = (dataDir: string) => readdir(join(dataDir, 'unsent-reports'))

  test('is read as it grows, and its log is one object in the end; nothing stays on the disk', async () => {
    const [bucket, dataDir] = [await aBucket(), await aFolder()]
    const [writer, reader] = [openFor(bucket, dataDir), openFor(bucket, await aFolder())]
    const file = { jobId: '01J', attempt: 1, kind: 'log' } as const
    const path = await writer.logPath('01J', 1)
    for (const line of ['one\n', 'two\n', 'three\n']) {
      await appendFile(path, line)
      await writer.grown(file)
    }
    expect(await reader.readLog('01J', { limit: 2, after: 4 }, 1)).toMatchObject({
      items: [{ text: 'two' }, { text: 'three' }],
    })
    const whileItGrew = await reader.openLog('01J')
    await writer.append('01J', { attempt: anAttempt(1, { outcome: 'completed' }) }, { last: true })
    expect(await bucket.has('reports/01J/attempt-1.log.000000000000004')).toBe(false)
    expect(await text(whileItGrew!.stream)).toBe('one\ntwo\nthree\n')
    expect(await text((await reader.openLog('01J'))!.stream)).toBe('one\ntwo\nthree\n')
    expect(await unsentIn(dataDir)).toEqual([])
  })

  test('is several objects where it is long, and whole', async () => {
    const [bucket, dataDir] = [await aBucket(), await aFolder()]
    const writer = openFor(bucket, dataDir)
    const path = await writer.logPath('01J', 1)
    await writeFile(path, 'first\n')
    await truncate(path, 17 * 1024 * 1024)
    await appendFile(path, '\n[error] last\n')
    await writer.append('01J', { attempt: anAttempt(1) }, { last: true })
    const page = await writer.readLog('01J', { limit: 5, level: 'error' }, null)
    expect(page).toMatchObject({ bytes: 17 * 1024 * 1024 + 14, items: [{ text: 'last', at: 17 * 1024 * 1024 + 1 }] })
    expect(bucket.asked.filter(({ method, key }) => method === 'PUT' && key.includes('.log.'))).toHaveLength(3)
  })

  test('waits on the disk while the bucket refuses it, and is sent once its job is over', async () => {
    const [bucket, dataDir] = [await aBucket(), await aFolder()]
    const writer = openFor(bucket, dataDir)
    await appendFile(await writer.logPath('01J', 1), 'log\n')
    bucket.fault = () => ({ answer: { status: 403, code: 'AccessDenied' } })
    const told = { attempt: anAttempt(1, { outcome: 'completed' }) }
    const refused = expect(writer.append('01J', told, { last: true })).rejects
    await refused.toMatchObject({
      code: 'BUCKET_ACCESS_DENIED',
      message: expect.stringContaining('bucket of the reports'),
    })
    bucket.fault = () => null
    // A worker that was started anew.
    const next = openFor(bucket, dataDir)
    await sendUnsent(next, async () => null)
    expect((await next.read('01J')).attempts).toEqual([])
    const errors: unknown[] = []
    const sending = keepSending(
      next,
      async () => 1,
      (error) => errors.push(error),
    )
    await expect.poll(() => unsentIn(dataDir)).toEqual([])
    sending.stop()
    expect((await next.read('01J')).attempts).toMatchObject([{ outcome: 'completed' }])
    expect(await text((await next.openLog('01J'))!.stream)).toBe('log\n')
    expect(errors).toEqual([])
  })

  test('is forgotten with its job, also what waits; what nobody knows is not sent', async () => {
    const [bucket, dataDir] = [await aBucket(), await aFolder()]
    const writer = openFor(bucket, dataDir)
    bucket.fault = ({ method }) => (method === 'PUT' ? { answer: { status: 403, code: 'AccessDenied' } } : null)
    for (const jobId of ['01J', '01K']) await writer.append(jobId, { attempt: anAttempt(1) }).catch(() => {})
    await writer.remove('01J')
    expect(await unsentIn(dataDir)).toEqual(['01K.1.ndjson'])
    bucket.fault = () => null
    await sendUnsent(writer, async () => 'unknown' as const)
    expect(await unsentIn(dataDir)).toEqual(['01K.1.ndjson'])
    const longAgo = new Date(Date.now() - 25 * 60 * 60_000)
    await utimes(join(dataDir, 'unsent-reports/01K.1.ndjson'), longAgo, longAgo)
    await sendUnsent(writer, async () => 'unknown' as const)
    expect([await unsentIn(dataDir), await writer.list()]).toEqual([[], []])
  })
})
