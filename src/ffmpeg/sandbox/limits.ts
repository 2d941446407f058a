/** What one enclosed ffmpeg may use up. */
export type Limits = {
  /** Bytes of memory that it may allocate, all threads together; what it maps from files does not count. */
  maxMemoryBytes: number
  /** Milliseconds of CPU time, all threads added up. */
  maxCpuMs: number
  /** Bytes of one file that it writes. */
  maxOutputBytes: number
  /** Processes and threads, default 4,096: a large encode on a large machine has hundreds. */
  maxProcesses?: number
}

/** Between the signal that ends ffmpeg in good order for its CPU time, and the one that nothing can ignore. */
const CPU_GRACE_S = 5
const MAX_DESCRIPTORS = 1_024
const MAX_PROCESSES = 4_096

/**
 * Options of prlimit. They are set inside of the sandbox, where only its own processes are counted; for root the kernel
 * counts none (setrlimit(2), RLIMIT_NPROC).
 */
export function limitOptions(limits: Limits): string[] {
  const { maxMemoryBytes, maxCpuMs, maxOutputBytes, maxProcesses = MAX_PROCESSES } = limits
  const cpuS = Math.ceil(maxCpuMs / 1_000)
  return [
    `--data=${maxMemoryBytes}`,
    `--cpu=${cpuS}:${cpuS + CPU_GRACE_S}`,
    `--fsize=${maxOutputBytes}`,
    `--nofile=${MAX_DESCRIPTORS}`,
    `--nproc=${maxProcesses}`,
    '--core=0',
  ]
}
