import { startApi } from './test/helpers/api-server.js'
import { submit } from './test/helpers/api-answers.js'
const sleep = (ms: number) => new Promise((r) => setTimeout(r, ms))
const api = await startApi()
const { id } = await submit(api.url, { delayMs: 60000 })
for (let i = 0; i < 20; i++) {
  const abort = new AbortController()
  const r = await fetch(`${api.url}/v1/jobs/${id}/events`, { headers: { accept: 'application/x-ndjson' }, signal: abort.signal })
  if (i % 2) for await (const c of r.body!.pipeThrough(new TextDecoderStream())) { abort.abort(); break }
  else { await r.body!.getReader().read(); abort.abort() }
}
await sleep(500)
const show = () => (process as any)._getActiveHandles().filter((h: any) => h._server).map((h: any) => JSON.stringify({ flowing: h.readableFlowing, paused: h._paused, destroyed: h.destroyed, ended: h.readableEnded, msg: h._httpMessage && [h._httpMessage.destroyed, h._httpMessage.writableEnded], parser: !!h.parser, read: h.bytesRead, written: h.bytesWritten, timeout: h.timeout }))
console.log('before', show().length, show().slice(0, 3))
const m = await (await fetch(`${api.url}/metrics`)).text(); console.log(m.match(/ffleet_watchers.*/g))
const t = Date.now()
const iv = setInterval(() => console.log('closing', Date.now() - t, show().length, show()[0]), 2000)
await api.close(); clearInterval(iv)
console.log('closed in', Date.now() - t)
process.exit(0)
