/** What a worker in a pod tells Kubernetes, by an API server of the test: HTTPS, with a certificate of the cluster's own authority. */
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { createLog } from '../../src/log/index.js'
import { createDeletionCost } from '../../workers/pod-deletion-cost.js'
import { anAuthority } from '../helpers/certificates.js'
import { waitFor } from '../helpers/wait-for.js'

type Asked = Pick<IncomingMessage, 'method' | 'url' | 'headers'> & { body: string }

let folder: string
let server: Server
let env: Record<string, string>
let nowMs = 0
let status = 200
const asked: Asked[] = []
/** Answers wait for it. */
let gate: Promise<unknown> = Promise.resolve()
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ffleet-pod-'))
  const authority = await anAuthority(folder)
  const { cert, key } = await authority.issue({ names: 'IP:127.0.0.1' })
  server = createServer({ cert: await readFile(cert), key: await readFile(key) }, async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    asked.push({ method: request.method, url: request.url, headers: request.headers, body })
    await gate
    response.writeHead(status).end('{}')
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  env = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(port), HOSTNAME: 'worker-6f5b-x2x9k' }
  await copyFile(authority.file, join(folder, 'ca.crt'))
  await writeFile(join(folder, 'namespace'), 'media')
})
afterAll(async () => {
  await new Promise((done) => server.close(done))
  await rm(folder, { recursive: true, force: true })
})
beforeEach(async () => {
  asked.length = 0
  status = 200
  gate = Promise.resolve()
  nowMs = 0
  await writeFile(join(folder, 'token'), 'first-token\n')
})

const lines: string[] = []
function open(own: Record<string, string> = {}) {
  lines.length = 0
  const log = createLog({ logLevel: 'warn', destination: { write: (line: string) => void lines.push(line) } })
  return createDeletionCost({ log, env: { ...env, ...own }, serviceAccount: folder, now: () => nowMs })
}

const costs = () => asked.map(({ body }) => Number(Object.values(JSON.parse(body).metadata.annotations)[0]))
const told = (expected: number[]) => waitFor(() => expect(costs()).toEqual(expected), { interval: 5 })

it('patches its own pod, with the token that is there now', async () => {
  const cost = open()
  cost.begun('a')
  await told([1])
  expect(asked[0]).toMatchObject({
    method: 'PATCH',
    url: '/api/v1/namespaces/media/pods/worker-6f5b-x2x9k',
    headers: { authorization: 'Bearer first-token', 'content-type': 'application/merge-patch+json' },
  })
  expect(JSON.parse(asked[0]!.body)).toEqual({
    metadata: { annotations: { 'controller.kubernetes.io/pod-deletion-cost': '1' } },
  })
  await writeFile(join(folder, 'token'), 'renewed-token\n')
  cost.ended('a')
  await told([1, 0])
  expect(asked[1]!.headers.authorization).toBe('Bearer renewed-token')
})

it('tells when an attempt begins, at each quarter and when it ends, and not in between', async () => {
  const cost = open()
  cost.begun('a')
  await told([1])
  for (let percent = 0; percent < 25; percent++) cost.progressed('a', percent)
  nowMs = 60_000
  cost.progressed('a', 26.4)
  await told([1, 61])
  for (let percent = 27; percent < 50; percent++) cost.progressed('a', percent)
  nowMs = 100_000
  cost.begun('b')
  await told([1, 61, 102])
  nowMs = 200_000
  cost.progressed('a', 80)
  await told([1, 61, 102, 302])
  cost.progressed('a', 99)
  cost.progressed('of another', 99)
  cost.ended('a')
  cost.ended('b')
  await waitFor(() => expect(costs().at(-1)).toBe(0))
  expect(asked.length).toBeLessThanOrEqual(6)
})

it('asks one at a time, and ends with the newest', async () => {
  const cost = open()
  let goOn = () => {}
  gate = new Promise<void>((done) => {
    goOn = done
  })
  cost.begun('a')
  await told([1])
  for (const id of ['b', 'c', 'd']) cost.begun(id)
  cost.ended('a')
  goOn()
  await told([1, 3])
})

it.each([
  ['the API server forbids it', () => (status = 403), {}, 'may not patch pods'],
  ['nobody answers', () => {}, { KUBERNETES_SERVICE_PORT: '1' }, 'ECONNREFUSED'],
  ['it is in no pod', () => {}, { KUBERNETES_SERVICE_HOST: '' }, 'KUBERNETES_SERVICE_HOST'],
])('says once that %s, and goes on', async (_, break_, own, words) => {
  break_()
  const cost = open(own)
  cost.begun('a')
  await waitFor(() => expect(lines).toEqual([expect.stringContaining(words)]))
  cost.progressed('a', 50)
  cost.ended('a')
  status = 200
  cost.begun('b')
  if (Object.keys(own).length === 0) await waitFor(() => expect(costs().at(-1)).toBe(1))
  expect(lines).toHaveLength(1)
})

it('trusts no server but that of its cluster', async () => {
  const other = await mkdtemp(join(folder, 'other-'))
  await copyFile((await anAuthority(other)).file, join(folder, 'ca.crt'))
  open().begun('a')
  await waitFor(() => expect(lines).toEqual([expect.stringContaining('cost of ending this pod')]))
  expect(asked).toEqual([])
})
