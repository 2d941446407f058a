/** What an assistant may change, where it is let. */
import { JobRequest } from '../contract/index.js'
import { Closed } from '../contract/schema.js'
import { JobId, type Tool, tool } from './tool.js'

export const WRITING: readonly Tool[] = [
  tool({
    name: 'submit_job',
    title: 'Send a job',
    description:
      'Sends a transcode job. It runs as soon as a worker is free, or once the jobs of `after` have completed; watch_job follows it.',
    writes: true,
    input: JobRequest,
    run: ({ client, signal }, request) => client.submit(request, { signal }),
  }),
  tool({
    name: 'cancel_job',
    title: 'Cancel a job',
    description: 'Ends a job that waits or runs. Outputs that it published stay.',
    writes: true,
    input: Closed({ job: JobId }),
    run: ({ client, signal }, { job }) => client.cancel(job, { signal }),
  }),
  tool({
    name: 'retry_job',
    title: 'Run a job again',
    description: 'Runs a failed or cancelled job again. explain_job says whether that can help.',
    writes: true,
    input: Closed({ job: JobId }),
    run: ({ client, signal }, { job }) => client.retry(job, { signal }),
  }),
]
