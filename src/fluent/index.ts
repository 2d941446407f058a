/** `ffleet/fluent`: commands of fluent-ffmpeg 2.1 on the fleet. */
import type { FfmpegCommand, FfprobeData } from 'fluent-ffmpeg'
import type { FfleetClient } from '../client/index.js'
import type { JobRequest } from '../contract/index.js'
import { tellLateListeners } from './facts.js'
import { probeOnFleet } from './ffprobe.js'
import type { Internals } from './internals.js'
import { inputUri, type Roots } from './paths.js'
import { FleetRun } from './run.js'
import { toRequest } from './to-request.js'

export { NotCarriedError } from './refusal.js'
export type { FleetError } from './run.js'
export type { CodecData, FluentProgress } from './words.js'

export type FleetOptions = {
  /** The media root of the fleet as this machine sees it; default FFLEET_MEDIA_ROOT. Inputs lie in it. */
  mediaRoot?: string
  /** The output root as this machine sees it; default FFLEET_OUTPUT_ROOT. Outputs elsewhere, or all without one, are fetched over HTTP. */
  outputRoot?: string
  /** Brings an input that is not in the media root to the fleet, and gives its URI. Default: refused. */
  carry?: (path: string) => string | Promise<string>
  /** Folder of the output root for outputs that are fetched. Default `fluent`. */
  folder?: string
  /** Of the jobs, in place of what the command says: `priority`, `tags`, `maxAttempts`, `timeoutMs`. */
  job?: Pick<JobRequest, 'priority' | 'tags' | 'maxAttempts' | 'timeoutMs'>
}

/** Outputs in a bucket are fetched over HTTP. */
function folderIn(root: string | undefined): string | null {
  return root === undefined || root.startsWith('s3://') ? null : root
}

type ProbeCallback = (error: Error | null, data?: FfprobeData) => void

/**
 * Sends what a command runs to the fleet: `run()`, and with it `save()`, `screenshots()` and `mergeToFile()`, make a job of it,
 * `ffprobe()` asks a worker, `kill()` cancels. The command emits fluent-ffmpeg's events, with a percent that is true. No ffmpeg is
 * needed on this machine. Gives the same command back; clones of it go to the fleet, too.
 *
 * What is not carried (streams, devices, patterns of files) ends as an `error` event with a `NotCarriedError`.
 */
export function onFleet<C extends FfmpegCommand>(command: C, client: FfleetClient, options: FleetOptions = {}): C {
  const inner = command as unknown as Internals
  const roots = (): Roots => ({
    mediaRoot: options.mediaRoot ?? process.env.FFLEET_MEDIA_ROOT ?? null,
    outputRoot: options.outputRoot ?? folderIn(process.env.FFLEET_OUTPUT_ROOT),
    cwd: inner.options.cwd ?? process.cwd(),
    carry: options.carry,
  })
  let running: FleetRun | null = null
  tellLateListeners(inner)

  const run = () => {
    if (!inner._outputs.some((output) => 'target' in output)) throw new Error('No output specified')
    const current = new FleetRun(inner, client)
    running = current
    const prepare = () => toRequest(inner, roots(), options.folder ?? 'fluent')
    void current.run(prepare, options.job ?? {}).finally(() => {
      if (running === current) running = null
    })
    return command
  }
  const kill = (signal = 'SIGKILL') => {
    if (running === null) inner.logger.warn('No running job, cannot send signal')
    else if (signal === 'SIGSTOP' || signal === 'SIGCONT') inner.logger.warn(`${signal} is not carried to the fleet`)
    else running.kill(signal)
    return command
  }
  const ffprobe = (...args: unknown[]) => {
    const callback = args.at(-1) as ProbeCallback
    const index = args.length > 1 && typeof args[0] === 'number' ? args[0] : null
    const input = index === null ? inner._currentInput : inner._inputs[index]
    const source = input?.source
    if (input === undefined) return callback(new Error(index === null ? 'No input specified' : 'Invalid input index'))
    if (typeof source !== 'string') return callback(new Error('An input stream can not be probed on the fleet.'))
    inputUri(source, roots())
      .then((uri) => probeOnFleet(client, uri, source))
      .then(
        (data) => callback(null, data),
        (error: Error) => callback(error),
      )
  }
  const clone = inner.clone.bind(inner)
  Object.assign(command, {
    run,
    exec: run,
    execute: run,
    kill,
    ffprobe,
    clone: () => onFleet(clone(), client, options),
  })
  return command
}
