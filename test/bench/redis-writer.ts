/** Publishes on many channels, each in its own time, messages as long as a report block. */
import { Redis } from 'ioredis'
import { answerWith, nowUs, settingsOf } from './part.js'

const { socket, channels, periodMs } = settingsOf<{ socket: string; channels: number; periodMs: number }>()
const redis = new Redis({ path: socket })
const REST = ` ${'x'.repeat(200)}`
let timers: NodeJS.Timeout[] = []

answerWith({
  begin() {
    for (let i = 0; i < channels; i++) {
      const publish = () => void redis.publish(`bench:${i}`, nowUs() + REST)
      timers.push(setTimeout(() => timers.push(setInterval(publish, periodMs)), Math.random() * periodMs))
    }
  },
  end() {
    for (const timer of timers) clearInterval(timer)
    timers = []
  },
})
