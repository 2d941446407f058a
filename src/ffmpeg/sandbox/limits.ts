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

/** Options of prlimit, for what one process may use up. */
export function limitOptions({ maxMemoryBytes, maxCpuMs, maxOutputBytes }: Limits): string[] {
  const cpuS = Math.ceil(maxCpuMs / 1_000)
  return [
    `--data=${maxMemoryBytes}`,
    `--cpu=${cpuS}:${cpuS + CPU_GRACE_S}`,
    `--fsize=${maxOutputBytes}`,
    `--nofile=${MAX_DESCRIPTORS}`,
    '--core=0',
  ]
}

/**
 * The option of prlimit for the number of processes. The kernel counts all of a user, in a user namespace those of that; of
 * root it counts none (setrlimit(2), RLIMIT_NPROC).
 */
export function processOption({ maxProcesses = MAX_PROCESSES }: Limits): string {
  return `--nproc=${maxProcesses}`
}
