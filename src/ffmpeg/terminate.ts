/**
 * Sends a signal to every process of the group that `pid` leads; true when there was one to take it. A process that left
 * the group (setsid) is not reached. Never throws.
 */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  return send(process.platform === 'win32' ? pid : -pid, signal)
}

function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false // gone already
  }
}

/** 24.8 days: a timer that is set for longer goes off at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1

/**
 * How an ffmpeg is made to end: one SIGTERM, so that it writes its trailer; then, after the grace, SIGKILL for its whole
 * process group, which also ends one that is stopped or waits for a FIFO. Never a second SIGTERM: from ffmpeg 7 on that
 * destroys the output.
 */
export class StopLadder {
  readonly #pid: number
  readonly #own: () => number | null
  readonly #graceMs: number
  readonly #beforeKill: () => void
  #timer: NodeJS.Timeout | undefined
  #step: 'running' | 'stopped' | 'killed' = 'running'
  #exited = false

  /**
   * `pid` leads the process group; `own` tells which process of it is ffmpeg, null before that has begun. `graceMs` must
   * outlast a report period and the flush of the encoders. `beforeKill` is called once, before SIGKILL.
   */
  constructor(pid: number, own: () => number | null, graceMs: number, beforeKill: () => void = () => {}) {
    this.#pid = pid
    this.#own = own
    this.#graceMs = graceMs
    this.#beforeKill = beforeKill
  }

  /** How far it has gone. */
  get step(): 'running' | 'stopped' | 'killed' {
    return this.#step
  }

  stop(): void {
    if (this.#exited || this.#step !== 'running') return
    this.#step = 'stopped'
    send(this.#own() ?? this.#pid, 'SIGTERM')
    this.#timer = setTimeout(() => this.kill(), Math.min(this.#graceMs, LONGEST_TIMER_MS))
  }

  kill(): void {
    if (this.#exited || this.#step === 'killed') return
    this.#step = 'killed'
    clearTimeout(this.#timer)
    this.#beforeKill()
    signalGroup(this.#pid, 'SIGKILL')
  }

  /** ffmpeg is gone: what it left behind in its group goes too, and nobody is signalled after that. */
  exited(): void {
    if (this.#exited) return
    this.#exited = true
    clearTimeout(this.#timer)
    signalGroup(this.#pid, 'SIGKILL')
  }
}
