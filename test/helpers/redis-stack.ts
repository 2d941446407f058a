/** A process that holds an embedded Redis until it is told to go: `node --import tsx redis-stack.ts FOLDER`. */
import { startEmbeddedRedis } from '../../src/queue/embedded-redis.js'

const redis = await startEmbeddedRedis({ folder: process.argv[2]! }).catch((error: Error) => {
  process.stdout.write(`${JSON.stringify({ error: error.message })}\n`)
  process.exit(1)
})
process.stdout.write(`${JSON.stringify({ url: redis.url, pid: redis.pid })}\n`)
process.stdin.resume().once('end', () => void redis.stop())
