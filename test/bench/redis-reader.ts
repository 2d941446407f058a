/** The baseline of the latency benchmark: what plain Redis publish/subscribe needs from one process to another. */
import { Redis } from 'ioredis'
import { answerWith, nowUs, settingsOf } from './part.js'

const { socket, channels } = settingsOf<{ socket: string; channels: number }>()
const redis = new Redis({ path: socket })
let ages: number[] | null = null
redis.on('message', (_channel: string, message: string) => {
  ages?.push(nowUs() - Number(message.slice(0, message.indexOf(' '))))
})
await redis.subscribe(...Array.from({ length: channels }, (_, i) => `bench:${i}`))

answerWith({
  async ages(forMs: number) {
    ages = []
    await new Promise((done) => setTimeout(done, forMs))
    const seen = ages
    ages = null
    return seen
  },
})
