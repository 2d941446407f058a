import { execFile } from 'node:child_process'
import { mkdtemp, open, rm, stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type Stack, startStack } from '../helpers/stack.js'
import { type Benchmark, interleaved, median, medianText } from './benchmark.js'

const run = promisify(execFile)
const [ROUNDS, LIMIT_MS] = [5, 240_000]
const SECONDS = 15
const MBIT = 48
/** The server gives this much at a time to whoever asks. */
const CHUNK_BYTES = 64 * 1024

/** By the report: how long the job, its fetch and the run of ffmpeg took. */
type Round = { wallS: number; fetchS: number; encodeS: number; isPiped: boolean }

/** What it saves to encode an input while it comes. */
export const overlap: Benchmark = {
  name: 'overlap',
  title: 'An input that is encoded while it is fetched',
  about:
    `A film of ${SECONDS} s (640x360, ${MBIT} Mbit/s) from a server on loopback, by \`h264-360p\`, as an MP4 with its index in front, which is encoded while it comes, and as the same one with its index behind, which is waited for. ` +
    `The encode is measured once, and the server then gives all connections together as much as brings the film in that time. Up to ${ROUNDS} rounds, in turns. What can't be beaten: the longer of the fetch and the encode of the file that was waited for. ` +
    'Wall times of the attempts; the median of the rounds, and its standard error.',
  async run(say) {
    const folder = await mkdtemp(join(tmpdir(), 'ffleet-bench-'))
    const server = await startSlowServer(folder)
    const stack = await startStack({ env: { FFLEET_FETCH_ALLOW: '127.0.0.1', FFLEET_SLOTS: '1' } })
    try {
      const bytes = await makeFilms(folder)
      let jobs = 0
      const round = (name: string) => oneJob(stack, `${server.url}/${++jobs}/${name}`)
      const { encodeS } = await round('behind.mp4')
      server.limit(bytes / encodeS)
      say(`${(bytes / 1e6).toFixed(0)} MB at ${(bytes / 1e6 / encodeS).toFixed(1)} MB/s`)
      const results = await interleaved(
        { rounds: ROUNDS, limitMs: LIMIT_MS },
        { front: () => round('front.mp4'), behind: () => round('behind.mp4') },
      )
      for (const { front, behind } of results) {
        say(
          `in front ${front.wallS.toFixed(1)} s, behind ${behind.wallS.toFixed(1)} s (fetch ${behind.fetchS.toFixed(1)}, encode ${behind.encodeS.toFixed(1)})`,
        )
        if (!front.isPiped || behind.isPiped) throw new Error('what should overlap does not, or the other way round')
      }
      const longer = ({ behind }: (typeof results)[number]) => Math.max(behind.fetchS, behind.encodeS)
      const overWaiting = results.map(({ front, behind }) => front.wallS / behind.wallS)
      const overLonger = results.map((each) => each.front.wallS / longer(each))
      return [
        {
          what: 'wall time, encoded while it comes',
          ffleet: medianText(overWaiting, 2),
          beside: `waited for ${median(results.map(({ behind }) => behind.wallS)).toFixed(1)} s`,
          compared: 'waited for = 1',
          target: null,
          reached: null,
        },
        {
          what: "over what can't be beaten",
          ffleet: medianText(overLonger, 2),
          beside: `the longer of fetch and encode ${median(results.map(longer)).toFixed(1)} s`,
          compared: 'the longer = 1',
          target: null,
          reached: null,
        },
      ]
    } finally {
      await stack.stop()
      await server.close()
      await rm(folder, { recursive: true, force: true })
    }
  },
}

async function oneJob({ client }: Stack, input: string): Promise<Round> {
  const { id } = await client.submit({ input, outputs: [{ preset: 'h264-360p' }] })
  const { state, error, startedAt, finishedAt } = await client.wait(id, { timeoutMs: 600_000 })
  if (state !== 'completed') throw new Error(error?.detail ?? state)
  const { sources, passes } = (await client.report(id)).attempts[0]!
  if (passes.length !== 1) throw new Error(`it was encoded ${passes.length} times`)
  return {
    wallS: (Date.parse(finishedAt!) - Date.parse(startedAt!)) / 1_000,
    fetchS: sources![0]!.seconds,
    encodeS: passes[0]!.summary.wallMs / 1_000,
    isPiped: passes[0]!.argv.includes('pipe:0'),
  }
}

/** The same packets with the index behind and in front of them. Gives the size. */
async function makeFilms(folder: string): Promise<number> {
  const [front, behind] = [join(folder, 'front.mp4'), join(folder, 'behind.mp4')]
  const picture = ['-f', 'lavfi', '-i', `testsrc2=size=640x360:rate=25:duration=${SECONDS},noise=alls=60:allf=t`]
  const sound = ['-f', 'lavfi', '-i', `sine=frequency=440:duration=${SECONDS}`]
  const rate = ['-b:v', `${MBIT}M`, '-minrate', `${MBIT}M`, '-maxrate', `${MBIT}M`, '-bufsize', `${MBIT}M`]
  const encode = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25', '-pix_fmt', 'yuv420p', ...rate, '-c:a', 'aac']
  await run('ffmpeg', ['-nostdin', '-v', 'error', ...picture, ...sound, ...encode, behind])
  await run('ffmpeg', ['-nostdin', '-v', 'error', '-i', behind, '-c', 'copy', '-movflags', '+faststart', front])
  return (await stat(front)).size
}

/** Gives files in parts, by the last name of a path, and all together no faster than it is told. */
async function startSlowServer(folder: string) {
  let bytesPerS = Number.POSITIVE_INFINITY
  let freeMs = 0
  async function turn(bytes: number): Promise<void> {
    freeMs = Math.max(freeMs, performance.now()) + (bytes / bytesPerS) * 1_000
    await sleep(freeMs - performance.now())
  }
  const server = createServer(async (request, response) => {
    const file = await open(join(folder, request.url!.split('/').at(-1)!))
    try {
      const { size } = await file.stat()
      const [, from = '0', to = ''] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? []
      const [start, end] = [Number(from), Math.min(size, to === '' ? size : Number(to) + 1)]
      response.writeHead(206, {
        'content-length': end - start,
        'content-range': `bytes ${start}-${end - 1}/${size}`,
        etag: '"1"',
      })
      for (let at = start; at < end && !response.destroyed; at += CHUNK_BYTES) {
        const length = Math.min(CHUNK_BYTES, end - at)
        await turn(length)
        response.write((await file.read(Buffer.alloc(length), 0, length, at)).buffer)
      }
      response.end()
    } finally {
      await file.close()
    }
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    limit(rate: number) {
      bytesPerS = rate
    },
    async close() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}
