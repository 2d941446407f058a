import { defineCommand } from 'citty'
import type { CommandTable } from '../command.js'
import { completionScript, SHELLS } from '../completion.js'
import { UsageError } from '../exit.js'

/** Given the table of commands, which it is one of. */
export default (table: CommandTable) =>
  defineCommand({
    meta: {
      name: 'completion',
      description: 'Print what teaches a shell to complete ffleet. eval "$(ffleet completion bash)"',
    },
    args: { shell: { type: 'positional', required: true, description: `One of ${SHELLS.join(', ')}` } },
    async run({ args }) {
      const shell = SHELLS.find((each) => each === args.shell)
      if (shell === undefined)
        throw new UsageError(`${args.shell} is no shell that is known; ${SHELLS.join(', ')} are.`)
      process.stdout.write(await completionScript(shell, table))
    },
  })
