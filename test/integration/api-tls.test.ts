/** The API over TLS, with real certificates. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect as connectPlain } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addKey } from '../../src/callers/index.js'
import { checkTls } from '../../src/cli/doctor/callers.js'
import { loadConfig } from '../../src/config/index.js'
import { aRequest } from '../helpers/api-answers.js'
import { startApi, type TestApi } from '../helpers/api-server.js'
import { type Authority, anAuthority, replace } from '../helpers/certificates.js'
import { cli } from '../helpers/cli.js'
import { waitFor } from '../helpers/wait-for.js'

let folder: string
let authority: Authority
let ca: Buffer
let tls: { cert: string; key: string }
let key: string
let api: TestApi
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ffleet-api-tls-'))
  authority = await anAuthority(folder)
  ca = await readFile(authority.file)
  tls = await authority.issue()
  const keyFile = join(folder, 'keys.json')
  key = (await addKey(keyFile, { name: 'me', role: 'admin', tenant: null })).key
  api = await startApi({ keyFile, tls })
})
afterAll(async () => {
  await api?.close()
  await rm(folder, { recursive: true, force: true })
})

const bearer = () => ({ authorization: `Bearer ${key}` })

/** Trusts the test's authority alone, as `fetch` could only be told at the start of the process. */
function ask(path: string, options: { method?: string; headers?: Record<string, string>; body?: string } = {}) {
  const { method = 'GET', headers = {}, body } = options
  return new Promise<{ response: IncomingMessage; text: string }>((resolve, reject) => {
    httpsRequest(api.url + path, { ca, servername: 'localhost', method, headers, agent: false }, (response) => {
      let text = ''
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () => resolve({ response, text }))
    })
      .on('error', reject)
      .end(body)
  })
}

function port(): number {
  return Number(new URL(api.url).port)
}

/** What the server shows to somebody who connects now. */
async function shown(): Promise<string> {
  const socket: TLSSocket = connect({ port: port(), host: '127.0.0.1', ca })
  try {
    await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject))
    return socket.getPeerX509Certificate()!.fingerprint256
  } finally {
    socket.destroy()
  }
}

describe('over TLS', () => {
  it('the API answers whoever trusts its certificate, and nobody in the clear', async () => {
    const { response, text } = await ask('/readyz')
    expect([response.statusCode, JSON.parse(text).status]).toEqual([200, 'ready'])
    const plain = await new Promise<string>((resolve) => {
      const socket = connectPlain(port(), '127.0.0.1', () =>
        socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n'),
      )
      let said = ''
      socket.on('data', (chunk) => {
        said += chunk
      })
      socket.on('close', () => resolve(said))
    })
    expect(plain).toBe('')
  })

  it('a browser is told to stay with TLS where the name has no other port to speak for', async () => {
    const hsts = async (host: string) =>
      (await ask('/healthz', { headers: { host } })).response.headers['strict-transport-security']
    expect(await hsts('videos.example')).toBe('max-age=31536000')
    expect(await hsts(`videos.example:${port()}`)).toBeUndefined()
    expect(await hsts('[::1]:4280')).toBeUndefined()
  })

  it('the cookie of a session goes over TLS alone', async () => {
    const headers = { 'content-type': 'application/json' }
    const { response } = await ask('/v1/session', { method: 'POST', headers, body: JSON.stringify({ key }) })
    expect(response.headers['set-cookie']).toEqual([expect.stringMatching(/; HttpOnly; SameSite=Strict; Secure$/)])
  })

  it('events stream on, while the certificate is renewed and newcomers are shown the new one', async () => {
    let events = ''
    const stream = httpsRequest(`${api.url}/v1/events`, { ca, headers: bearer(), agent: false }, (response) => {
      response.on('data', (chunk) => {
        events += chunk
      })
    }).on('error', () => {})
    stream.end()
    const submit = async () => {
      const headers = { ...bearer(), 'content-type': 'application/json' }
      const { text } = await ask('/v1/jobs', { method: 'POST', headers, body: JSON.stringify(aRequest()) })
      return (JSON.parse(text) as { id: string }).id
    }
    await waitFor(() => expect(events).toContain('retry:'))
    const first = await submit()
    await waitFor(() => expect(events).toContain(first))

    const before = await shown()
    const next = await authority.issue()
    await replace(tls.cert, next.cert)
    await waitFor(() => expect(api.logged.join('')).toContain('the certificate is as before'))
    expect(await shown()).toBe(before)
    await replace(tls.key, next.key)
    await waitFor(async () => expect(await shown()).not.toBe(before))
    expect(api.logged.join('')).toContain('the certificate is renewed')

    const second = await submit()
    await waitFor(() => expect(events).toContain(second))
    stream.destroy()
  })

  it('the command line takes the authority from NODE_EXTRA_CA_CERTS, and says so without', async () => {
    const env = { FFLEET_URL: api.url, FFLEET_API_KEY: key }
    const trusting = await cli(['queue', '--json'], { env: { ...env, NODE_EXTRA_CA_CERTS: authority.file } })
    expect([trusting.code, trusting.stderr]).toEqual([0, ''])
    const strange = await cli(['queue'], { env })
    expect(strange.code).toBe(1)
    expect(strange.stderr).toContain('NODE_EXTRA_CA_CERTS')
  })
})

describe('files that cannot be used', () => {
  /** `ffleet api` as far as it comes; there is no Redis to go on with. */
  const start = async (env: Record<string, string>) => {
    const own = { FFLEET_DATA_DIR: folder, FFLEET_MEDIA_ROOT: folder, FFLEET_OUTPUT_ROOT: join(folder, 'out') }
    return cli(['api'], { env: { ...own, FFLEET_REDIS_URL: api.redisUrl, FFLEET_PORT: '0', ...env } })
  }

  it.each([
    ['one without the other', async () => ({ FFLEET_TLS_CERT: tls.cert }), 'FFLEET_TLS_KEY is ""; it takes a file'],
    [
      'one that is not there',
      async () => ({ FFLEET_TLS_CERT: '/none', FFLEET_TLS_KEY: tls.key }),
      'FFLEET_TLS_CERT is "/none"; it takes a file that ffleet may read (ENOENT)',
    ],
    [
      'a key of another',
      async () => ({ FFLEET_TLS_CERT: tls.cert, FFLEET_TLS_KEY: (await authority.issue()).key }),
      'it takes the key that belongs to the certificate',
    ],
    [
      'the two confused',
      async () => ({ FFLEET_TLS_CERT: tls.key, FFLEET_TLS_KEY: tls.cert }),
      'it takes a certificate in PEM',
    ],
  ] as const)('%s are named, and nothing starts', async (_name, env, words) => {
    const { code, stderr } = await start(await env())
    expect([code, stderr]).toEqual([2, expect.stringContaining(words)])
  })

  it('doctor names them, and what has run out or soon will', async () => {
    const doctor = async ({ cert, key: keyPath }: { cert: string; key: string }) => {
      const [finding] = await checkTls(loadConfig({ FFLEET_TLS_CERT: cert, FFLEET_TLS_KEY: keyPath }))
      return finding
    }
    const names = 'DNS:videos.example,DNS:*.videos.example'
    expect(await doctor(await authority.issue({ names, days: 90 }))).toMatchObject({
      ok: true,
      found: expect.stringMatching(/^videos\.example, \*\.videos\.example, until 20/),
    })
    expect(await doctor(await authority.issue({ days: 3 }))).toMatchObject({
      ok: false,
      needed: false,
      found: expect.stringContaining('in 2 days'),
    })
    expect(await doctor(await authority.issue({ days: -1 }))).toMatchObject({
      ok: false,
      needed: true,
      found: expect.stringContaining('run out'),
    })
    const text = join(folder, 'text')
    await writeFile(text, 'no certificate')
    expect(await doctor({ cert: text, key: tls.key })).toMatchObject({
      ok: false,
      hint: expect.stringContaining('in PEM'),
    })
    await rm(text)
    const broken = join(folder, 'broken-chain')
    const pem = await readFile(tls.cert, 'utf8')
    await writeFile(broken, pem + pem.replace(/\n[^-]{9}/, '\n!!!!!!!!!'))
    expect(await doctor({ cert: broken, key: tls.key })).toMatchObject({
      ok: false,
      hint: expect.stringContaining('a chain that OpenSSL takes'),
    })
  })
})
