import type { FleetEvent, Job } from '../../contract/index.js'

/** Shows what happens to jobs, on a terminal, as plain lines or as NDJSON. */
export type Renderer = {
  /** Tells what a job is; a job that is not told is called by its id. */
  describe(job: Job): void
  event(event: FleetEvent): void
  /** Where a job that waits stands in the queue; null where that is not known any more. */
  position(jobId: string, position: number | null): void
  /** Why nothing that waits is started; null once nothing stands in the way. */
  standstill(reason: string | null): void
  /** Something about the watching itself, such as a lost connection. */
  note(text: string): void
  /** Writes what is left and gives the output back. */
  close(): void
}

/** Where a renderer writes. */
export type Sink = { write(text: string): unknown }
