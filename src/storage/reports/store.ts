/**
 * The files of a job's report: `attempt-<n>.ndjson`, and `attempt-<n>.log` of ffmpeg. Each is appended by the attempt it tells of, so
 * that a reader finds what was told so far, whatever becomes of the attempt. Where they are read is a folder or a bucket; where they
 * are written may be another disk, from which what is new is sent.
 */
import type { Readable } from 'node:stream'
import type { AttemptReport, OutputReport, Probe, Report } from '../../contract/index.js'
import type { LogPage, LogQuery } from '../log-page.js'

/** What the files tell; the rest of the report (state, error) is the queue's to say. */
export type StoredReport = Pick<Report, 'jobId' | 'input' | 'attempts' | 'outputs'>

/** What an attempt has to tell at one time. */
export type ReportPart = {
  /** Of the input. */
  input?: Probe
  /** As it is now, with its passes from `from` on; those before are as they were told. */
  attempt: AttemptReport
  /** Default 0. */
  from?: number
  /** Outputs that were verified since. */
  outputs?: OutputReport[]
}

export type OpenedLog = {
  attempt: number
  /** Now; the log of a running attempt grows. */
  bytes: number
  /** Those bytes and no more. Whoever does not read it to its end destroys it. */
  stream: Readable
}

export const REPORT_KINDS = ['ndjson', 'log'] as const

export type ReportFile = { jobId: string; attempt: number; kind: (typeof REPORT_KINDS)[number] }

/** Ids that are none of a job throw FfleetError NOT_FOUND everywhere. */
export type ReportReader = {
  /** Attempts ascending, each output once, as it was told last. Empty where nothing was written. */
  read(jobId: string): Promise<StoredReport>
  /** The log of an attempt, of the newest one by default; null when there is none. */
  openLog(jobId: string, attempt?: number): Promise<OpenedLog | null>
  /**
   * A page of the log of an attempt, of the newest one by default; null when there is none. `running` is the attempt that
   * may still write its own; null when none does.
   */
  readLog(
    jobId: string,
    query: LogQuery & { attempt?: number | undefined },
    running: number | null,
  ): Promise<(LogPage & { attempt: number }) | null>
  /** Jobs that have files here, in order of their ids. */
  list(): Promise<string[]>
}

export type ReportWriter = {
  /**
   * Adds to what was told before. `last`: nothing more will come, so that it is written through to the disk. What cannot be sent throws, and
   * waits on this machine.
   */
  append(jobId: string, part: ReportPart, options?: { last: boolean }): Promise<void>
  /** Where ffmpeg's log of an attempt is appended; its folder exists. */
  logPath(jobId: string, attempt: number): Promise<string>
  /** Removes everything of a job; nothing happens when there is nothing. */
  remove(jobId: string): Promise<void>
  /** What waits on this machine; null where reports are read from where they are written. */
  unsent: UnsentReports | null
}

/** What the queue says of a job: how many of its attempts are over for good; null while it runs or will run. */
export type AttemptsOver = (jobId: string) => Promise<number | 'unknown' | null> | null

export type UnsentReports = {
  /** Jobs of which something waits, or grows. */
  jobs(): Promise<{ jobId: string; modifiedMs: number }[]>
  /** Sends what waits of the first so many attempts of a job, which are over. */
  send(jobId: string, attempts: number): Promise<void>
  drop(jobId: string): Promise<void>
}

export type ReportStore = ReportReader &
  ReportWriter & {
    /** Where a file grows on this machine, whoever writes it; its folder exists. */
    place(file: ReportFile): Promise<string>
    /** Somebody has written to it there. */
    grown(file: ReportFile): Promise<void>
  }
