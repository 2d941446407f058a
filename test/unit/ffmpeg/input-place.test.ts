import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { InputPlaceMeter, parsePosition } from '../../../src/ffmpeg/input-place.js'
import { aFolder } from '../../helpers/folder.js'
import { openFiles } from '../../helpers/processes.js'

describe('parsePosition', () => {
  it.each([
    ['pos:\t262144\nflags:\t0100000\nmnt_id:\t38\nino:\t7\n', 262_144],
    ['pos:\t0\nflags:\t0100000\n', 0],
    ['flags:\t0100000\n', null],
    ['', null],
  ])('%j', (text, position) => expect(parsePosition(text)).toBe(position))
})

describe.runIf(process.platform === 'linux')('InputPlaceMeter', () => {
  async function aFile() {
    const path = join(await aFolder(), 'input')
    await writeFile(path, Buffer.alloc(1_000))
    return path
  }

  /** For the time of the test. */
  function metered(pid: number | undefined, path: string | null): InputPlaceMeter {
    const meter = new InputPlaceMeter(pid, path)
    onTestFinished(() => meter.close())
    return meter
  }

  /** Holds the file open after `bytes` of it were read, in a child of the script if it is `forked`. */
  async function reader(path: string, bytes: number, forked = false): Promise<number> {
    const script = `exec 3<"$0"; head -c ${bytes} <&3 >&2; echo ready; sleep 60`
    const child = spawn('sh', ['-c', forked ? `(${script}) & wait` : script, path], {
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    })
    onTestFinished(() => void process.kill(-child.pid!, 'SIGKILL'))
    await once(child.stdout, 'data')
    return child.pid!
  }

  it('follows a descriptor, also through a link', async () => {
    const path = await aFile()
    const link = `${path}-link`
    await symlink(path, link)
    const file = await open(path)
    onTestFinished(() => file.close())
    const meter = metered(process.pid, link)
    expect(meter.read()).toEqual({ bytes: 0, sizeBytes: 1_000 })
    await file.read(Buffer.alloc(600))
    expect(meter.read()).toEqual({ bytes: 600, sizeBytes: 1_000 })
  })

  it('finds it in another process, and in a child of it', async () => {
    const path = await aFile()
    for (const forked of [false, true]) {
      const pid = await reader(path, 1_000, forked)
      expect(metered(pid, path).read()).toEqual({ bytes: 1_000, sizeBytes: 1_000 })
    }
  })

  it('knows nothing of a file that is not open, not there or no file, and of no process', async () => {
    const path = await aFile()
    const nothing = [
      [process.pid, path],
      [process.pid, `${path}-missing`],
      [process.pid, '/dev/null'],
      [process.pid, null],
      [2 ** 30, path],
      [undefined, path],
    ] as const
    for (const [pid, file] of nothing) {
      const meter = metered(pid, file)
      for (let i = 0; i < 5; i++) expect(meter.read()).toBeNull()
    }
  })

  it('stops looking, and leaves nothing open', async () => {
    const path = await aFile()
    const before = openFiles().length
    const late = metered(process.pid, path)
    for (let i = 0; i < 3; i++) late.read()
    const file = await open(path)
    const meter = metered(process.pid, path)
    expect(late.read()).toBeNull()
    expect(meter.read()).not.toBeNull()
    meter.close()
    expect(meter.read()).toBeNull()
    await file.close()
    expect(openFiles().length).toBe(before)
  })
})
