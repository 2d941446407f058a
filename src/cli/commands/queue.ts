import { queueCommand } from '../queue-command.js'

export default queueCommand(
  { name: 'queue', description: 'Show how many jobs wait, run and have ended, and whether the queue is paused' },
  (client) => client.queue(),
)
