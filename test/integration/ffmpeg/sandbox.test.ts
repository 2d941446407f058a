import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { diagnose } from '../../../src/diagnosis/index.js'
import {
  chooseEnclosure,
  type Enclosure,
  type FfmpegRun,
  findSandbox,
  type RunOptions,
  runFfprobe,
  type SandboxNeeds,
} from '../../../src/ffmpeg/index.js'
import { findExecutable } from '../../../src/programs.js'
import { aRun, clip, FFMPEG, quickClip, standIn } from '../../helpers/ffmpeg-runs.js'
import { aFolder } from '../../helpers/folder.js'
import { groupMembers } from '../../helpers/processes.js'
import { waitFor } from '../../helpers/wait-for.js'

const LIMITS = { maxMemoryBytes: 8 * 1024 ** 3, maxCpuMs: 3_600_000, maxOutputBytes: 1024 ** 3 }
const ffmpeg = findExecutable(FFMPEG)!
const STAND_INS = ['CANARY', 'PORT', 'SOCKET', 'CHILDREN', 'SECONDS', 'SETSID', 'SIGNAL'].map(
  (name) => `FFLEET_STAND_IN_${name}`,
)

function needs(changed: Partial<SandboxNeeds> = {}): SandboxNeeds {
  const programs = [ffmpeg, standIn('breaks-out')]
  return { programs, limits: LIMITS, variables: STAND_INS, hidden: [], ...changed }
}

const here = await findSandbox(needs())
if (here.obstacle) console.warn(`The sandbox is not tested here: ${here.obstacle.cause}`)

async function aSandbox(changed: Partial<SandboxNeeds> = {}): Promise<Enclosure> {
  const { sandbox, obstacle } = await findSandbox(needs(changed))
  if (sandbox === null) throw new Error(obstacle.cause)
  return sandbox
}

const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex')

/** Sets a variable of this process for a test. */
function setVariable(name: string, value: string): void {
  vi.stubEnv(name, value)
  onTestFinished(() => void vi.unstubAllEnvs())
}

describe.skipIf(here.sandbox === null)('in the sandbox', () => {
  let enclosure: Enclosure
  beforeAll(async () => {
    enclosure = await aSandbox()
  })

  const enclosed = (args: string[], folder: string, options: RunOptions = {}): FfmpegRun =>
    aRun(args, { enclosure, ffmpeg, cwd: folder, view: { writes: [folder] }, ...options })

  it('a program sees its input and its folder, and nothing else', async () => {
    const [folder, media] = [await aFolder(), await aFolder()]
    const [input, canary, socket] = [join(media, 'in.mp4'), join(media, 'canary'), join(media, 'socket')]
    writeFileSync(input, 'input')
    writeFileSync(canary, 'secret')
    let guests = 0
    const listening = async (at: (server: Server) => Server) => {
      const server = at(createServer(() => (guests += 1)))
      await once(server, 'listening')
      onTestFinished(() => void server.close())
      return server
    }
    const server = await listening((server) => server.listen(0, '127.0.0.1'))
    await listening((server) => server.listen(socket))
    setVariable('FFLEET_STAND_IN_CANARY', canary)
    setVariable('FFLEET_STAND_IN_PORT', String((server.address() as AddressInfo).port))
    setVariable('FFLEET_STAND_IN_SOCKET', socket)
    setVariable('SECRET_OF_THE_WORKER', 'x')
    const { logTail, ok } = await enclosed(['-i', input], folder, {
      ffmpeg: standIn('breaks-out'),
      view: { reads: [input], writes: [folder] },
    }).result
    const said = logTail.find((line) => line.includes('tries '))
    const tries = JSON.parse(said!.slice(said!.indexOf('{')))
    expect(ok).toBe(true)
    expect(tries).toEqual({
      readInput: 'done',
      writeHere: 'done',
      readCanary: 'ENOENT',
      readCanaryThroughLink: 'ENOENT',
      besideCanary: ['in.mp4'],
      readUsers: 'ENOENT',
      writeInput: 'EROFS',
      writeRoot: 'EROFS',
      writePrograms: 'EROFS',
      fillTemporary: 'ENOSPC',
      processes: expect.any(Number),
      variables: expect.not.arrayContaining(['SECRET_OF_THE_WORKER', 'FFLEET_REDIS_URL', 'USER']),
      network: expect.stringMatching(/EPERM|ECONNREFUSED|ENETUNREACH/),
      socket: 'ENOENT',
    })
    expect(tries.processes).toBeLessThanOrEqual(3)
    expect(guests).toBe(0)
    expect(readFileSync(input, 'utf8')).toBe('input')
    expect(existsSync(join(folder, 'written'))).toBe(true)
  })

  it('ffmpeg writes what it writes without, and its usage is told', async () => {
    const folder = await aFolder()
    const args = (name: string) => clip(1, name, '-bitexact', '-flags', '+bitexact', '-threads', '1')
    const run = enclosed(args('inside.mp4'), folder, { statsPeriodMs: 100 })
    const result = await run.result
    const outside = await aRun(args('outside.mp4'), { cwd: folder, statsPeriodMs: 100 }).result
    expect(sha256(join(folder, 'inside.mp4'))).toBe(sha256(join(folder, 'outside.mp4')))
    expect(result).toMatchObject({ ok: true, ended: 'exited', exitCode: 0, signal: null, error: null, sawEnd: true })
    expect(result.argv.slice(0, -1)).toEqual(outside.argv.slice(0, -1))
    expect(result.usage.maxRssBytes).toBeGreaterThan(10_000_000)
    expect(result.usage.cpuUserMs).toBeGreaterThan(0)
  })

  it('x265 knows how many processors there are, and uses them', async () => {
    const folder = await aFolder()
    const args = (name: string) => [
      ...['-f', 'lavfi', '-i', 'testsrc2=s=320x180:d=0.2', '-c:v', 'libx265', '-x265-params', 'pools=+'],
      ...['-bitexact', '-fflags', '+bitexact', name],
    ]
    const inside = await enclosed(args('inside.mp4'), folder).result
    const outside = await aRun(args('outside.mp4'), { cwd: folder }).result
    const pools = ({ logTail }: { logTail: string[] }) => logTail.filter((line) => line.includes('hread pool'))
    expect(pools(outside)).not.toEqual([])
    expect(pools(inside)).toEqual(pools(outside))
    expect(sha256(join(folder, 'inside.mp4'))).toBe(sha256(join(folder, 'outside.mp4')))
  })

  it('the place in an input that is read through a link is known', async () => {
    const [folder, media] = [await aFolder(), await aFolder()]
    const input = join(media, 'in.ts')
    await aRun(quickClip(20, input, '-b:v', '800k')).result
    symlinkSync(input, join(folder, 'in.ts'))
    const run = enclosed(['-i', 'in.ts', '-vf', 'realtime=speed=10', '-f', 'null', '-'], folder, {
      view: { reads: [input], writes: [folder] },
      wholeInput: 'in.ts',
      statsPeriodMs: 100,
    })
    const bases = new Set<string>()
    for await (const { basis } of run) bases.add(basis)
    expect((await run.result).ok).toBe(true)
    expect(bases).toContain('bytes')
  })

  it('ffprobe reads the file that it is asked about', async () => {
    const folder = await aFolder()
    const file = join(folder, 'out.mp4')
    await enclosed(quickClip(1, 'out.mp4'), folder).result
    const ffprobe = findExecutable('ffprobe')!
    const sandbox = await aSandbox({ programs: [ffprobe] })
    const options = { ffprobe, file, timeoutMs: 30_000, enclosure: sandbox }
    const args = ['-show_entries', 'format=duration', '-of', 'csv=p=0', '-i', `file:${file}`]
    expect(await runFfprobe(args, options)).toMatchObject({ ok: true, stdout: expect.stringMatching(/^1\.\d+\n$/) })
    expect(await runFfprobe(args, { ...options, file: folder })).toMatchObject({ ok: true })
    expect(await runFfprobe(args, { ...options, file: ffprobe })).toMatchObject({ ok: false })
  })

  it('a stop lets ffmpeg finish its file', async () => {
    const folder = await aFolder()
    const run = enclosed(clip(60, 'out.mp4'), folder, { statsPeriodMs: 100, graceMs: Number.POSITIVE_INFINITY })
    for await (const { frame } of run) if ((frame ?? 0) > 0) break
    run.stop()
    expect(await run.result).toMatchObject({ ended: 'stopped', exitCode: 255, signal: null, sawEnd: true })
    const probe = ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', join(folder, 'out.mp4')]
    expect(Number(execFileSync('ffprobe', probe, { encoding: 'utf8' }))).toBeGreaterThan(0)
  })

  it('a stop that comes right after the spawn ends it as well', async () => {
    const run = enclosed(clip(60, '-', '-f', 'null'), await aFolder(), { graceMs: 1_000 })
    run.stop()
    expect(await run.result).toMatchObject({ ok: false, ended: expect.stringMatching(/stopped|killed/) })
  })

  it('a kill ends everything', async () => {
    const run = enclosed(clip(60, '-', '-f', 'null'), await aFolder(), { statsPeriodMs: 100 })
    for await (const { frame } of run) if ((frame ?? 0) > 0) break
    run.kill()
    const { usage, ...result } = await run.result
    expect(result).toMatchObject({ ended: 'killed', signal: 'SIGKILL' })
    expect(usage.maxRssBytes).toBeGreaterThan(10_000_000)
  })

  it.each(['SIGKILL', 'SIGSEGV', 'SIGABRT'])('%s is told as the end of ffmpeg', async (signal) => {
    setVariable('FFLEET_STAND_IN_SIGNAL', signal)
    const result = await enclosed([], await aFolder(), { ffmpeg: standIn('dies-by-signal'), statsPeriodMs: 50 }).result
    expect(result).toMatchObject({ ended: 'exited', exitCode: null, signal, error: null })
  })

  it('an exit code of ffmpeg stays one', async () => {
    const missing = await enclosed(['-i', 'no-such.mp4', '-f', 'null', '-'], await aFolder()).result
    expect(missing).toMatchObject({ ended: 'exited', signal: null, exitCode: expect.any(Number), error: null })
    expect(diagnose(missing).code).toBe('INPUT_NOT_FOUND')
  })

  it('nothing outlives ffmpeg, whatever session it is in', async () => {
    const seconds = String(600 + Math.random())
    setVariable('FFLEET_STAND_IN_SECONDS', seconds)
    const left = () => readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && sleeps(pid, seconds))
    const run = enclosed([], await aFolder(), { ffmpeg: standIn('forks-and-forks') })
    const { logTail, ok } = await run.result
    expect(ok).toBe(true)
    expect(logTail).toContain('[info] started 50')
    await waitFor(() => expect(left()).toEqual([]))
  })

  it('a program that is not there, and a file that is not there, are results', async () => {
    const folder = await aFolder()
    const noProgram = await enclosed([], folder, { ffmpeg: join(folder, 'none') }).result
    const noFile = await enclosed([], folder, { view: { reads: [join(folder, 'none')] } }).result
    for (const result of [noProgram, noFile]) {
      expect(result).toMatchObject({
        ended: 'spawn-failed',
        error: expect.stringMatching(/^ENOENT: (?:prlimit|bwrap): /),
      })
      expect(diagnose(result).code).toBe('ENCODER_NOT_AVAILABLE')
    }
  })

  it.each([
    // Of many threads that find no memory one may wait for ever: that is for the watchdog.
    ['memory', { maxMemoryBytes: 150_000_000 }, '3840x2160:d=1', ['-threads', '1', 'out.mp4'], 'OUT_OF_MEMORY'],
    ['a file', { maxOutputBytes: 1024 ** 2 }, '640x360:d=5', ['-c:v', 'rawvideo', 'out.nut'], 'ENCODER_FAILED'],
    ['CPU time', { maxCpuMs: 1_000 }, '640x360:d=600', ['-f', 'null', '-'], 'TIMED_OUT'],
  ])('%s is limited', async (_, limits, source, output, code) => {
    const sandbox = await aSandbox({ limits: { ...LIMITS, ...limits }, programs: [] })
    const args = ['-f', 'lavfi', '-i', `testsrc2=s=${source}`, ...output]
    const result = await enclosed(args, await aFolder(), { enclosure: sandbox }).result
    expect(result.ok).toBe(false)
    expect(diagnose(result).code).toBe(code)
  })

  it('a program outside of /usr runs with the libraries of its own', async () => {
    const folder = await aFolder()
    mkdirSync(join(folder, 'bin'))
    mkdirSync(join(folder, 'lib'))
    const own = join(folder, 'bin', 'ffmpeg')
    copyFileSync(ffmpeg, own)
    const library = /=> (\S*libavfilter\S*)/.exec(execFileSync('ldd', [own], { encoding: 'utf8' }))![1]!
    const copy = join(folder, 'lib', library.slice(library.lastIndexOf('/') + 1))
    copyFileSync(library, copy)
    setVariable('LD_LIBRARY_PATH', join(folder, 'lib'))
    const sandbox = await aSandbox({ programs: [own] })
    const work = await aFolder()
    const run = enclosed(clip(60, '-', '-f', 'null'), work, { ffmpeg: own, enclosure: sandbox, statsPeriodMs: 100 })
    for await (const { frame } of run) if ((frame ?? 0) > 0) break
    expect(readFileSync(`/proc/${sandbox.find(run.pid!)}/maps`, 'utf8')).toContain(copy)
    run.kill()
    // Of a folder that holds what is to be hidden there is the program alone.
    const alone = await aSandbox({ programs: [own], hidden: [join(folder, 'bin', 'media')] })
    const shown = alone.enclose([own], {})
    expect(shown).toContain(own)
    expect(shown).not.toContain(join(folder, 'bin'))
    expect(sandbox.enclose([own], {})).toContain(join(folder, 'bin'))
  })

  /** The same in a process of its own; gives what it prints. */
  function inAChild(request: object, as: string[] = []) {
    const script = fileURLToPath(new URL('../../helpers/run-in-a-child.ts', import.meta.url))
    const [program, ...args] = [...as, process.execPath, '--import', 'tsx', script, JSON.stringify(request)]
    const child = spawn(program!, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    onTestFinished(() => void child.kill('SIGKILL'))
    const lines: string[] = []
    createInterface(child.stdout).on('line', (line) => lines.push(line))
    const line = (start: string) =>
      waitFor(() => {
        const said = lines.find((each) => each.startsWith(start))
        expect(said).toBeDefined()
        return said!.slice(start.length)
      })
    return { child, line }
  }

  it('goes with the process that runs it, when that is killed', async () => {
    const { child, line } = inAChild({
      args: clip(60, '-', '-f', 'null'),
      options: { statsPeriodMs: 100 },
      sandbox: needs(),
    })
    await line('reported')
    const pid = Number(await line('pid '))
    expect(groupMembers(pid)).toHaveLength(3)
    child.kill('SIGKILL')
    await waitFor(() => expect(groupMembers(pid)).toEqual([]))
  })

  it('of a user without privileges it is one as well, and its processes are limited', async () => {
    // Of root the kernel counts no processes.
    const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups']
    const as = process.getuid!() === 0 ? [findExecutable('setpriv')!, ...nobody] : []
    const { line } = inAChild(
      {
        args: [],
        options: { ffmpeg: standIn('forks-and-forks') },
        sandbox: needs({ programs: [standIn('forks-and-forks')], limits: { ...LIMITS, maxProcesses: 40 } }),
      },
      as,
    )
    const { ok, logTail } = JSON.parse(await line('ended '))
    expect(ok).toBe(true)
    const started = Number(/started (\d+)/.exec(logTail.join('\n'))![1])
    expect(started).toBeGreaterThan(0)
    expect(started).toBeLessThan(40)
  })

  it('a machine that refuses a /proc, filters, or the last word on namespaces, has a sandbox all the same', async () => {
    const bwrap = findExecutable('bwrap')!
    await standInForBwrap(`for a do
      [ "$a" = --seccomp ] && echo "bwrap: prctl(PR_SET_SECCOMP): Invalid argument" >&2 && exit 1
      [ "$a" = --proc ] && echo "bwrap: Can't mount proc on /newroot/proc: Operation not permitted" >&2 && exit 1
      [ "$a" = --disable-userns ] && echo "bwrap: cannot open /proc/sys/user/max_user_namespaces: Read-only file system" >&2 && exit 1
    done
    exec ${bwrap} "$@"`)
    const { sandbox, ...search } = await findSandbox(needs({ programs: [ffmpeg] }))
    expect(search).toMatchObject({ unfiltered: true })
    expect(sandbox?.enclose(['x'], {})).not.toContain('--seccomp')
    expect(sandbox?.enclose(['x'], {})).not.toContain('--proc')
    expect(sandbox?.enclose(['x'], {})).not.toContain('--disable-userns')
    const { ok } = await enclosed(quickClip(1, 'out.mp4'), await aFolder(), { enclosure: sandbox! }).result
    expect(ok).toBe(true)
  })
})

describe.runIf(process.platform === 'linux')('where there can be no sandbox', () => {
  it('the reason is told, and only `bwrap` or an open API refuse to go on', async () => {
    await standInForBwrap('echo "bwrap: Creating new namespace failed: Operation not permitted" >&2; exit 1')
    const { sandbox, obstacle } = await findSandbox(needs())
    expect(sandbox).toBeNull()
    expect(obstacle?.cause).toContain('Creating new namespace failed')
    const chosen = await chooseEnclosure('auto', needs())
    expect(chosen).toMatchObject({ obstacle, enclosure: { name: 'limits' } })
    await expect(chooseEnclosure('bwrap', needs())).rejects.toThrow(obstacle!.cause)
    await expect(chooseEnclosure('auto', needs(), { mustHave: true })).rejects.toThrow(obstacle!.remedy)
    expect(await chooseEnclosure('none', needs(), { mustHave: true })).toMatchObject({ obstacle: null })
  })

  it('bubblewrap is missing', async () => {
    setVariable('PATH', await aFolder())
    expect(await findSandbox(needs())).toMatchObject({ sandbox: null, missing: 'bubblewrap' })
  })

  it.skipIf(here.sandbox === null)('a program needs more than it is shown', async () => {
    const [folder, elsewhere] = [await aFolder(), await aFolder()]
    copyFileSync(ffmpeg, join(elsewhere, 'real'))
    const script = join(folder, 'ffmpeg')
    writeFileSync(script, `#!/bin/sh\nexec ${join(elsewhere, 'real')} "$@"\n`)
    chmodSync(script, 0o755)
    const { obstacle } = await findSandbox(needs({ programs: [script] }))
    expect(obstacle?.cause).toMatch(/^The program does not run in it: .*real.*not found/)
  })
})

function sleeps(pid: string, seconds: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(seconds)
  } catch {
    return false
  }
}

/** A program that is found in bubblewrap's place. */
async function standInForBwrap(script: string): Promise<void> {
  const folder = await aFolder()
  const help = '[ "$1" = --help ] && echo "    --size BYTES  --disable-userns  x" && exit 0'
  writeFileSync(join(folder, 'bwrap'), `#!/bin/sh\n${help}\n${script}\n`)
  chmodSync(join(folder, 'bwrap'), 0o755)
  setVariable('PATH', `${folder}:${process.env.PATH}`)
}
