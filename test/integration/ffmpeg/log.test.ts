import { execFileSync, spawnSync } from 'node:child_process'
import { constants, readFileSync, writeFileSync } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { LogFile } from '../../../src/ffmpeg/log-file.js'
import { aRun, FFMPEG, quickClip, standIn } from '../../helpers/ffmpeg-runs.js'
import { aFolder } from '../../helpers/folder.js'
import { waitFor } from '../../helpers/wait-for.js'

const NULL_OUTPUT = quickClip(1, '-', '-f', 'null')
const bytes = (text: string) => new TextEncoder().encode(text)

describe('the log of a run', () => {
  it('is whole in its file, behind what was there', async () => {
    const logFile = join(await aFolder(), 'pass.log')
    writeFileSync(logFile, 'before\n')
    const run = aRun(NULL_OUTPUT, { logFile })
    const result = await run.result
    const log = readFileSync(logFile, 'utf8')
    expect(log.startsWith('before\n[info]')).toBe(true)
    expect(result.logFile).toEqual({ bytes: result.logBytes, truncated: false, error: null })
    expect(log).toHaveLength(result.logBytes + 'before\n'.length)

    const shape = (text: string) =>
      text
        .replaceAll(/0x[0-9a-f]+|[\d.]+/g, '#')
        .split('\n')
        .filter((line) => !/speed=|bench:/.test(line))
    const byHand = spawnSync(FFMPEG, run.argv, { env: { ...process.env, AV_LOG_FORCE_NOCOLOR: '1' } })
    expect(shape(log.slice('before\n'.length))).toEqual(shape(byHand.stderr.toString()))
  })

  it('ends in its file at the cap, with a word about it, and goes on everywhere else', async () => {
    const logFile = join(await aFolder(), 'pass.log')
    const result = await aRun([], {
      ffmpeg: standIn('floods-stderr'),
      env: { FFLEET_STAND_IN_MEGABYTES: '3' },
      logFile,
      maxLogBytes: 1_000_000,
      logTailLines: 7,
    }).result
    expect(result).toMatchObject({ ok: true, logFile: { truncated: true, error: null } })
    expect(result.logBytes).toBeGreaterThan(3_000_000)
    const log = readFileSync(logFile, 'utf8')
    const [lastLine, note] = [log.slice(0, 1_000_000), log.slice(1_000_000)]
    expect(lastLine).not.toContain('ffleet')
    expect(note).toBe('\n[ffleet] the log is longer than 1000000 bytes; the rest was not kept\n')
    expect(result.logTail).toHaveLength(7)
    expect(result.warnings).toHaveLength(101)
  })

  it.each([
    ['a full disk', '/dev/full', /^ENOSPC/],
    ['a folder that is not there', '/no/such/folder/pass.log', /^ENOENT/],
  ])('on %s is lost, the run is not', async (_, logFile, error) => {
    const result = await aRun(NULL_OUTPUT, { logFile }).result
    expect(result.ok).toBe(true)
    expect(result.logFile?.error).toMatch(error)
    expect(result.logFile?.error).not.toContain('/')
    expect(result.logTail.length).toBeGreaterThan(5)
  })
})

describe('LogFile on a disk that hangs', () => {
  /** A FIFO that nobody empties until the test does. */
  async function aHangingDisk() {
    const path = join(await aFolder(), 'fifo')
    execFileSync('mkfifo', [path])
    return { path, handle: await open(path, constants.O_RDWR | constants.O_NONBLOCK) }
  }

  it('leaves out what does not fit into the waiting room, and says so in its place', async () => {
    const { path, handle } = await aHangingDisk()
    const file = new LogFile(path, { maxPendingBytes: 300_000 })
    for (let i = 0; i < 10; i += 1) file.write(bytes('x'.repeat(100_000)))
    let read = ''
    const drain = async () => {
      const { bytesRead, buffer } = await handle
        .read(Buffer.alloc(65_536))
        .catch(() => ({ bytesRead: 0, buffer: Buffer.alloc(0) }))
      read += buffer.subarray(0, bytesRead).toString()
    }
    await waitFor(async () => {
      await drain()
      expect(read.length).toBe(300_000)
    })
    file.write(bytes('last\n'))
    const closed = file.close()
    await waitFor(async () => {
      await drain()
      expect(read).toMatch(/last\n$/)
    })
    expect(await closed).toMatchObject({ truncated: true, error: null })
    expect(read).toContain('x\n[ffleet] 700000 bytes are missing here: the disk did not keep up\nlast\n')
    await handle.close()
  })

  it('is given up when it does not end', async () => {
    const { path, handle } = await aHangingDisk()
    const file = new LogFile(path)
    file.write(bytes('x'.repeat(200_000)))
    expect(await file.close()).toMatchObject({ error: 'the disk did not take the log in time' })
    await handle.close() // nobody reads: the write that hangs ends, and with it the thread it holds
  })
})

it('an unused log file is empty, and closing twice does no harm', async () => {
  const path = join(await aFolder(), 'x.log')
  const file = new LogFile(path)
  expect(await file.close()).toEqual({ bytes: 0, truncated: false, error: null })
  expect(await file.close()).toEqual({ bytes: 0, truncated: false, error: null })
  expect((await stat(path)).size).toBe(0)
})
