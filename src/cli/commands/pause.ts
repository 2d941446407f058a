import { queueCommand } from '../queue-command.js'

export default queueCommand(
  { name: 'pause', description: 'Let workers start no more jobs until `ffleet resume`; what runs goes on' },
  (client) => client.pause(),
)
