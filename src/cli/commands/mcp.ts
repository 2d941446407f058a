import { finished } from 'node:stream/promises'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { defineCommand } from 'citty'
import { createMcpServer } from '../../mcp/index.js'
import { VERSION } from '../../version.js'
import { clientOf, SERVER_OPTION } from '../server.js'

export default defineCommand({
  meta: {
    name: 'mcp',
    description: 'Serve the fleet to an assistant, by the Model Context Protocol on stdin and stdout',
  },
  args: {
    write: { type: 'boolean', description: 'Let it send, cancel and retry jobs; without this it only reads' },
    ...SERVER_OPTION,
  },
  async run({ args }) {
    const client = clientOf(args)
    serveStdio(() => createMcpServer({ client, version: VERSION, writes: args.write === true }))
    // The assistant ends it so; a broken pipe is an end, too.
    await finished(process.stdin, { writable: false }).catch(() => {})
  },
})
