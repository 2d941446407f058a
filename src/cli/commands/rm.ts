import { jobsCommand } from '../for-each-job.js'

export default jobsCommand(
  { name: 'rm', description: 'Remove jobs that have ended, with their reports; their outputs stay' },
  async (client, id) => {
    await client.remove(id)
    return { said: 'removed', json: { id, removed: true } }
  },
)
