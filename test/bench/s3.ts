import { createReadStream } from 'node:fs'
import { mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Part, startStack } from '../helpers/stack.js'
import { type Benchmark, type Figure, median } from './benchmark.js'
import { makeBenchClip } from './media.js'

const MIB = 1024 ** 2
const LARGE_BYTES = 4 * 1024 * MIB
const ROUNDS = 3
const MOST_MIB = 64

/** What a large input that lies elsewhere costs the worker that fetches it. */
export const s3: Benchmark = {
  name: 's3',
  title: 'Large inputs from elsewhere',
  about:
    'A clip of 2 s with 4 GiB of nothing behind it, sparse on the disk of a server on loopback, fetched into the spool and encoded (`h264-360p`) by a worker with one slot: ' +
    `the highest resident memory of the worker's process, without ffmpeg, over what it had before, when a small job of the same kind had ended. ${ROUNDS} jobs each; the highest memory, the median time.`,
  async run(say) {
    const folder = await mkdtemp(join(tmpdir(), 'ffleet-bench-'))
    const store = await startStore(folder)
    const stack = await startStack({ env: store.env })
    try {
      const [worker] = stack.workers as [Part]
      const clip = join(folder, await makeBenchClip(folder, 2))
      await store.put('small.mp4', clip, 0)
      await store.put('large.mp4', clip, LARGE_BYTES)
      const figures: Figure[] = []
      for (const [scheme, base] of Object.entries(store.bases)) {
        const run = async (path: string) => {
          const { id } = await stack.client.submit({ input: `${base}/${path}`, outputs: [{ preset: 'h264-360p' }] })
          const { state, error } = await stack.client.wait(id, { timeoutMs: 600_000 })
          if (state !== 'completed') throw new Error(`${scheme}: ${JSON.stringify(error)}`)
          const { attempts } = await stack.client.report(id)
          return attempts[0]!.sources![0]!
        }
        await run('0/small.mp4')
        const [more, seconds]: [number[], number[]] = [[], []]
        for (let round = 0; round < ROUNDS; round++) {
          const idle = await memoryOf(worker.pid, 'VmRSS')
          await writeFile(`/proc/${worker.pid}/clear_refs`, '5')
          const source = await run(`${round}/large.mp4`)
          more.push((await memoryOf(worker.pid, 'VmHWM')) - idle)
          seconds.push(source.seconds)
          say(`${scheme}: ${(more.at(-1)! / MIB).toFixed(0)} MiB over ${(idle / MIB).toFixed(0)}, ${source.seconds} s`)
        }
        const most = Math.max(...more) / MIB
        figures.push({
          what: `memory for 4 GiB from \`${scheme}://\``,
          ffleet: `${most.toFixed(0)} MiB`,
          beside: '',
          compared: `${(LARGE_BYTES / MIB / median(seconds)).toFixed(0)} MiB/s`,
          target: `≤ ${MOST_MIB} MiB`,
          reached: most <= MOST_MIB,
        })
      }
      return figures
    } finally {
      await stack.stop()
      await store.close()
      await rm(folder, { recursive: true, force: true })
    }
  },
}

async function memoryOf(pid: number, field: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)![1]) * 1024
}

/** Gives files in parts, by the last name of a path: enough of HTTP, and of S3, to read them. */
async function startStore(folder: string) {
  const server = createServer(async (request, response) => {
    const path = join(folder, `stored-${new URL(request.url!, 'http://x').pathname.split('/').at(-1)}`)
    const { size, mtimeMs } = await stat(path)
    const [, from = '0', to = ''] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? []
    const [start, end] = [Number(from), Math.min(size - 1, to === '' ? size - 1 : Number(to))]
    response.writeHead(206, {
      'content-length': end - start + 1,
      'content-range': `bytes ${start}-${end}/${size}`,
      etag: `"${mtimeMs}"`,
    })
    createReadStream(path, { start, end }).pipe(response)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    bases: { s3: 's3://bench', http: `${url}/bench` },
    env: {
      ...{ AWS_ACCESS_KEY_ID: 'bench', AWS_SECRET_ACCESS_KEY: 'bench', FFLEET_S3_ENDPOINT: url },
      ...{ FFLEET_S3_PATH_STYLE: 'on', FFLEET_S3_INPUTS: 's3://bench', FFLEET_FETCH_ALLOW: '127.0.0.1' },
      ...{ FFLEET_SLOTS: '1', FFLEET_SPOOL_BYTES: String(LARGE_BYTES + 64 * MIB) },
    },
    /** `padding`: bytes of an empty box behind it, which take no room. */
    async put(name: string, from: string, padding: number) {
      const bytes = await readFile(from)
      const file = await open(join(folder, `stored-${name}`), 'w')
      const box = Buffer.alloc(16)
      box.writeUInt32BE(1)
      box.write('free', 4)
      box.writeBigUInt64BE(BigInt(padding), 8)
      await file.write(padding > 0 ? Buffer.concat([bytes, box]) : bytes)
      await file.truncate(bytes.length + padding)
      await file.close()
    },
    async close() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}
