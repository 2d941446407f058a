import { Redis } from 'ioredis'
import { startApi } from './test/helpers/api-server.js'
import { startScriptedWorker, talking } from './test/helpers/scripted-worker.js'
import { submit } from './test/helpers/api-answers.js'
const sleep = (ms: number) => new Promise((r) => setTimeout(r, ms))
const api = await startApi()
const worker = await startScriptedWorker(api.redisUrl)
const admin = new Redis(api.redisUrl.replace('unix://', ''))
const log: string[] = []
const t = () => String(Date.now())
const orig = api.queue.events.read
for (let round = 0; round < 6; round++) {
  const { id } = await submit(api.url)
  const got: string[][] = [[], []]
  const gaps: string[] = []
  const sub = [0, 1].map((i) => api.queue.events.subscribe(id, (e) => { got[i]!.push(e.event.id) }, () => { gaps.push(`${i}@${t()}`) }))
  await Promise.all(sub)
  const kills: string[] = []
  worker.work(talking(300, async (n) => { await sleep(5); if (n % 30 === 15) { kills.push(t()); await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub') } }))
  while ((await api.queue.jobs.get(id))!.state !== 'completed') await sleep(50)
  await sleep(300); await worker.rest()
  const all = (await api.queue.events.read(id))!.entries.map((e) => e.event.id)
  const missing = all.filter((x) => !got[0]!.includes(x))
  console.log('kills', kills.length, 'gaps', gaps.length, 'missing live', missing.length, gaps.length < kills.length * 2 ? `KILLS ${kills} GAPS ${gaps} MISSING ${missing}` : '')
  for (const s of await Promise.all(sub)) s.close()
}
await worker.close(); await api.close(); admin.disconnect(); process.exit(0)
