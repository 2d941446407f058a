import type { Caller } from '../../callers/index.js'
import type { CommandPermission } from '../submission/command.js'

/** Whether a caller may send ffmpeg's own arguments; else why not. Role and flag count both: the route asks for the role. */
export function mayCommand(isAccepted: boolean, caller: Caller | null): CommandPermission {
  if (!isAccepted) return { accepted: false, because: "This server takes presets alone, not ffmpeg's own arguments." }
  if (caller?.arguments) return { accepted: true }
  return { accepted: false, because: `The key ${caller?.name ?? ''} may not send ffmpeg's own arguments.` }
}
