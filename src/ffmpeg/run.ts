import { execa } from 'execa'
import { dieWithParent, killOnExit } from './die-with-parent.js'
import { drainAfterExit } from './drain.js'
import type { Enclosure } from './enclosure.js'
import { feed } from './feed.js'
import { gather, withLazyPipes } from './gather.js'
import { globalOptions, STATS_PERIOD_MS } from './global-options.js'
import { findMemoryGroup, type MemoryGroup } from './memory-limit.js'
import { OwnProcess } from './own-process.js'
import { RunRecord } from './run-record.js'
import type { FfmpegResult, FfmpegRun, RunOptions } from './run-types.js'
import { type EnclosedStdio, spawnSafely, spawnWithDescriptors } from './spawn.js'
import { LONGEST_TIMER_MS, StopLadder } from './terminate.js'

/** What encoders and muxers get, besides one report period, to finish a file after SIGTERM. */
const FLUSH_MS = 5_000

/**
 * Runs one ffmpeg. `args` is what comes after the global options: inputs, filters, outputs. The global options that
 * ffleet relies on are put in front (`global-options.ts`); stdout carries the report, so no output may be `-` or `pipe:1`,
 * save for `-f null -`. No shell is involved.
 *
 * What is spawned leads a process group of its own: ffmpeg, or what encloses it. All of it goes when it is killed, and when
 * this process exits; where `setpriv` is there, or in a sandbox, also when this process is killed. Without memory the kernel
 * kills it first. Nothing is thrown: a program that can't be spawned is a result too.
 */
export function runFfmpeg(args: readonly string[], options: RunOptions = {}): FfmpegRun {
  const statsPeriodMs = options.statsPeriodMs === undefined ? STATS_PERIOD_MS : options.statsPeriodMs
  const argv = [...globalOptions(statsPeriodMs), ...args]
  if (options.signal?.aborted) return notBegun(argv, options, { ended: 'stopped', error: null })
  const { logFile, ...unlogged } = options
  if ([...argv, options.ffmpeg, options.cwd, logFile].some((text) => text?.includes('\0')))
    return notBegun(argv, unlogged, { ended: 'spawn-failed', error: 'EINVAL: an argument holds a NUL character' })

  const enclosure = options.enclosure ?? dieWithParent()
  let subprocess: Subprocess
  try {
    subprocess = spawnSafely(() =>
      spawnWithDescriptors(
        enclosure,
        (stdio) => withLazyPipes(() => spawnFfmpeg(argv, { options, enclosure, stdio })),
        options.stdin ? 'pipe' : 'ignore',
      ),
    )
  } catch (error) {
    return notBegun(argv, options, { ended: 'spawn-failed', error: (error as Error).message })
  }
  const { pid } = subprocess
  if (pid === undefined) {
    const failure = subprocess.then(({ code, originalMessage }) => ({
      ended: 'spawn-failed' as const,
      error: `${code ?? 'ERROR'}: ${originalMessage ?? 'it could not be started'}`,
    }))
    return notBegun(argv, options, failure)
  }
  const own = new OwnProcess(pid, enclosure)
  const record = new RunRecord(options, { pid, own })
  const periodMs = Math.min(statsPeriodMs ?? STATS_PERIOD_MS, LONGEST_TIMER_MS)
  const ladder = new StopLadder(
    pid,
    () => own.pid,
    options.graceMs ?? periodMs + FLUSH_MS,
    () => record.sampleUsage(),
  )
  if (options.stdin) void feed(subprocess, options.stdin, () => ladder.kill())
  const result = watch({ subprocess, pid, enclosure, record, ladder, argv, periodMs, signal: options.signal })
  record.listeners.call(options.onSpawn, pid)
  return {
    pid,
    argv,
    result,
    stop: () => ladder.stop(),
    kill: () => ladder.kill(),
    [Symbol.asyncIterator]: () => record.estimates[Symbol.asyncIterator](),
  }
}

type Subprocess = ReturnType<typeof spawnFfmpeg>

type Spawning = { options: RunOptions; enclosure: Enclosure; stdio: EnclosedStdio }

function spawnFfmpeg(argv: readonly string[], { options, enclosure, stdio }: Spawning) {
  const { cwd } = options
  const [program, ...args] = enclosure.enclose([options.ffmpeg ?? 'ffmpeg', ...argv], { ...options.view, cwd })
  return execa(program!, args, {
    ...(cwd === undefined ? {} : { cwd }),
    // Colours would stand before the levels in the log.
    env: { ...enclosure.environment(), AV_LOG_FORCE_NOCOLOR: '1', ...options.env },
    extendEnv: false,
    stdio,
    buffer: false,
    encoding: 'buffer',
    reject: false,
    detached: process.platform !== 'win32', // a process group of its own; on Windows it would be a new console
  })
}

type Watched = {
  subprocess: Subprocess
  pid: number
  enclosure: Enclosure
  record: RunRecord
  ladder: StopLadder
  argv: string[]
  periodMs: number
  signal: AbortSignal | undefined
}

let memoryGroup: MemoryGroup | undefined

async function watch({
  subprocess,
  pid,
  enclosure,
  record,
  ladder,
  argv,
  periodMs,
  signal: stopping,
}: Watched): Promise<FfmpegResult> {
  memoryGroup ??= findMemoryGroup()
  const oomKillsBefore = memoryGroup.oomKills()
  subprocess.stdout.on('data', (chunk: Uint8Array) => {
    record.pushReport(chunk)
    // One chunk a turn: a report that floods must not keep timers, and with them the job's lock, waiting for megabytes.
    subprocess.stdout.pause()
    setImmediate(() => subprocess.stdout.resume())
  })
  const log = gather(subprocess.stderr, (chunk) => record.pushLog(chunk))
  const ticks = setInterval(() => record.tick(periodMs), periodMs)
  const takeBack = killOnExit(pid)
  const stop = () => ladder.stop()
  stopping?.addEventListener('abort', stop, { once: true })
  let wallMs = 0
  subprocess.once('exit', () => {
    wallMs = performance.now() - record.startedMs
    clearInterval(ticks)
    stopping?.removeEventListener('abort', stop)
    record.processExited()
    ladder.exited()
    takeBack()
    log.flush()
    drainAfterExit([subprocess.stdout, subprocess.stderr])
  })

  const outcome = await subprocess
  const recorded = await record.close()
  const { blocks, logTail } = recorded
  const spawnedEnd = { exitCode: outcome.exitCode ?? null, signal: outcome.signal ?? null, blocks, logTail }
  const { exitCode, signal, error } = enclosure.ending(spawnedEnd)
  if (error !== null && ladder.step === 'running')
    return { ...recorded, ...NOT_BEGUN, argv, ended: 'spawn-failed', error }

  const ok = exitCode === 0 && recorded.sawEnd && !record.sawWriteError
  // A stop that came when ffmpeg had already finished stopped nothing: ended by SIGTERM it exits with 255.
  const ended = ok || ladder.step === 'running' ? 'exited' : ladder.step
  const killedByOthers = signal === 'SIGKILL' && ended === 'exited'
  return {
    ...recorded,
    ok,
    ended,
    exitCode,
    signal,
    argv,
    wallMs,
    ...(killedByOthers ? memoryFacts(memoryGroup, oomKillsBefore) : { oomKills: null, memoryLimitBytes: null }),
    error: null,
  }
}

const NOT_BEGUN = {
  ok: false,
  exitCode: null,
  signal: null,
  wallMs: 0,
  oomKills: null,
  memoryLimitBytes: null,
} as const

type NotBegun = Pick<FfmpegResult, 'ended' | 'error'>

function notBegun(argv: string[], options: RunOptions, how: NotBegun | Promise<NotBegun>): FfmpegRun {
  const record = new RunRecord(options, null)
  const conclude = async () => ({ ...(await record.close()), ...NOT_BEGUN, argv, ...(await how) })
  return {
    pid: undefined,
    argv,
    result: conclude(),
    stop() {},
    kill() {},
    [Symbol.asyncIterator]: () => record.estimates[Symbol.asyncIterator](),
  }
}

function memoryFacts(group: MemoryGroup, oomKillsBefore: number | null) {
  const now = group.oomKills()
  const oomKills = oomKillsBefore === null || now === null ? null : now - oomKillsBefore
  return { oomKills, memoryLimitBytes: group.limitBytes() }
}
