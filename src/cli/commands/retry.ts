import { jobsCommand } from '../for-each-job.js'

export default jobsCommand({ name: 'retry', description: 'Run failed or cancelled jobs again' }, async (client, id) => {
  const job = await client.retry(id)
  return { said: job.state, json: job }
})
