import { jobsCommand } from '../for-each-job.js'

export default jobsCommand(
  { name: 'unshare', description: 'Make the watch links of jobs void; each has a new one' },
  async (client, id) => {
    const job = await client.revokeWatchLinks(id)
    return { said: 'has a new watch link; those from before are void', json: job }
  },
)
