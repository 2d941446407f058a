import { jobsFor } from '../callers/tenancy.js'
import { JobPath, jobIdOf, noSuchJob } from '../job-id.js'
import { json, problems } from '../schemas.js'
import type { Routes } from '../types.js'

/** Who no longer may follow a job. */
export const watchLinkRoutes: Routes = (app, { queue, view, watchLinks }) => {
  app.post(
    '/v1/jobs/:id/watch/revoke',
    {
      schema: {
        tags: ['Jobs'],
        operationId: 'revokeWatchLinks',
        summary: 'Revoke the watch links of a job',
        description:
          'Every `links.watch` of it that was given until now is void, and whoever follows by one is cut off; at other APIs of the fleet within a second.',
        params: JobPath,
        response: {
          200: json('Job', 'The job, with a new `links.watch`.'),
          ...problems('NOT_FOUND', 'QUEUE_UNAVAILABLE'),
        },
      },
    },
    async (request) => {
      const id = jobIdOf(request.params)
      const jobs = jobsFor(queue.jobs, request.caller)
      if (!(await jobs.revokeLinks(id))) throw noSuchJob()
      await watchLinks.look()
      const job = await jobs.get(id)
      if (job === null) throw noSuchJob()
      return view.show(job)
    },
  )
}
