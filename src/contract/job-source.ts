/** Inputs that another job delivers: `job:<id>/<output>`. */

/** A file that a job delivers, by the job's id and the name of the output. */
export type JobSource = { job: string; output: string }

const SCHEME = /^job:/i
const SOURCE = /^job:([0-9A-HJKMNP-TV-Z]{26})\/([A-Za-z0-9][A-Za-z0-9_-]{0,63})$/

/** Whether an input means what a job delivers; `./job:a.mp4` is a file. */
export function namesJob(uri: string): boolean {
  return SCHEME.test(uri)
}

/** Null for what is not of the form. */
export function parseJobSource(uri: string): JobSource | null {
  const [, job, output] = SOURCE.exec(uri) ?? []
  return job === undefined || output === undefined ? null : { job, output }
}
