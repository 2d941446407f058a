import { queueCommand } from '../queue-command.js'

export default queueCommand({ name: 'resume', description: 'Undo `ffleet pause`' }, (client) => client.resume())
