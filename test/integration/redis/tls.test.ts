/** A Redis that speaks TLS: who trusts whom, and what is said where they do not. */
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkRedis, redisRemedy } from '../../../src/queue/check-redis.js'
import { connect } from '../../../src/queue/connection.js'
import { type Authority, anAuthority } from '../../helpers/certificates.js'
import { cli } from '../../helpers/cli.js'
import { all, startFleet, TINY } from '../../helpers/fleet-stack.js'
import { startRedis, type TestRedis } from '../../helpers/redis.js'
import { freePort, type Stack } from '../../helpers/stack.js'

type Pair = { cert: string; key: string }

let folder: string
let authority: Authority
let ca: string
let otherCa: string
let client: Pair
let stranger: Pair
let mutualPort: number
let plainPort: number
let foreignName: TestRedis
let foreignNamePort: number
let stack: Stack

const LOOPBACK = ['--bind', '127.0.0.1']

function speaksTls(own: Pair, tlsPort: number, authClients: 'yes' | 'no'): string[] {
  const files = ['--tls-cert-file', own.cert, '--tls-key-file', own.key, '--tls-ca-cert-file', ca]
  return [...LOOPBACK, '--tls-port', String(tlsPort), ...files, '--tls-auth-clients', authClients]
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ffleet-redis-tls-'))
  authority = await anAuthority(folder)
  const other = await anAuthority(await mkdtemp(join(folder, 'other-')))
  ca = authority.file
  otherCa = other.file
  const own = await authority.issue()
  client = await authority.issue()
  stranger = await other.issue()
  ;[mutualPort, plainPort, foreignNamePort] = await Promise.all([freePort(), freePort(), freePort()])
  const elsewhere = await authority.issue({ names: 'DNS:redis.example' })
  foreignName = await startRedis({ args: speaksTls(elsewhere, foreignNamePort, 'no') })
  stack = await startFleet(
    {
      redis: { args: [...speaksTls(own, mutualPort, 'yes'), '--port', String(plainPort)] },
      redisUrl: () => `rediss://localhost:${mutualPort}?ca=${ca}&cert=${client.cert}&key=${client.key}`,
      workers: 1,
    },
    { 'in.mp4': 'h264-aac' },
  )
})
afterAll(async () => {
  await stack?.stop()
  await foreignName?.stop()
  await rm(folder, { recursive: true, force: true })
})

test('API, worker and watchers reach it with a certificate each, and the job is whole', async () => {
  const { id } = await stack.client.submit({ input: 'in.mp4', outputs: [TINY] })
  expect((await all(stack.client.events(id))).at(-1)?.type).toBe('job.completed')
})

describe('what is said', () => {
  const mutual = (parameters: string) => `rediss://localhost:${mutualPort}?${parameters}`
  test.each<[string, () => string, RegExp, RegExp]>([
    [
      'no authority is named',
      () => mutual(`cert=${client.cert}&key=${client.key}`),
      /self.signed/,
      /\?ca=\/path\/ca\.pem, or in NODE_EXTRA_CA_CERTS/,
    ],
    ['another authority', () => mutual(`ca=${otherCa}`), /self.signed/, /file of the authority/],
    ['another name', () => `rediss://localhost:${foreignNamePort}?ca=${ca}`, /altnames/, /as its certificate does/],
    [
      'no certificate is shown',
      () => mutual(`ca=${ca}`),
      /ECONNRESET|EPIPE|closed|certificate required/,
      /\?cert=\/path\/cert\.pem&key=/,
    ],
    [
      'a certificate of others',
      () => mutual(`ca=${ca}&cert=${stranger.cert}&key=${stranger.key}`),
      /ECONNRESET|EPIPE|closed|unknown ca/,
      /its tls-ca-cert-file/,
    ],
    [
      'a key that does not fit',
      () => mutual(`ca=${ca}&cert=${client.cert}&key=${stranger.key}`),
      /mismatch/,
      /the key that of the certificate/,
    ],
    ['a plain port', () => `rediss://localhost:${plainPort}?ca=${ca}`, /ETIMEDOUT/, /Nothing speaks TLS there/],
    [
      'a port of TLS',
      () => `redis://localhost:${mutualPort}`,
      /ECONNRESET|EPIPE|closed/,
      /rediss:\/\/ instead of redis:/,
    ],
  ])('of %s', async (_what, url, found, remedy) => {
    const error = await checkRedis(url()).then(
      () => expect.fail('it was reached'),
      (reason: Error) => reason,
    )
    expect(error.message).toMatch(found)
    expect(redisRemedy(error, url())).toMatch(remedy)
  })

  test('of a file that is not there, by the parameter that names it', async () => {
    await expect(checkRedis(mutual(`ca=${folder}/none.pem`))).rejects.toThrow(
      /\?ca=.*none\.pem of its URL cannot be read \(ENOENT\)/,
    )
  })

  test('at the start and by doctor, with the remedy and without the password', async () => {
    const FFLEET_REDIS_URL = `rediss://:hunter2@localhost:${mutualPort}?ca=${otherCa}`
    const part = stack.startPart('api', {
      ...process.env,
      FFLEET_REDIS_URL,
      FFLEET_DATA_DIR: join(folder, 'data'),
      FFLEET_PORT: '0',
    } as Record<string, string>)
    expect((await part.ended).code).toBe(2)
    const { stdout } = await cli(['doctor'], { env: { FFLEET_REDIS_URL, FFLEET_DATA_DIR: join(folder, 'data') } })
    for (const text of [part.output(), stdout]) {
      expect(text).toMatch(/self.signed certificate/)
      expect(text).toContain('Name the file of the authority that signed its certificate')
      expect(text).not.toContain('hunter2')
    }
  })
})

test('NODE_EXTRA_CA_CERTS does instead of ?ca=', async () => {
  const FFLEET_REDIS_URL = `rediss://localhost:${mutualPort}?cert=${client.cert}&key=${client.key}`
  const { stdout } = await cli(['doctor'], {
    env: { FFLEET_REDIS_URL, NODE_EXTRA_CA_CERTS: ca, FFLEET_DATA_DIR: folder },
  })
  expect(stdout).toContain('at FFLEET_REDIS_URL')
})

test('a renewed certificate counts from the next connection on', async () => {
  const redis = await connect(
    `rediss://localhost:${mutualPort}?ca=${ca}&cert=${stranger.cert}&key=${stranger.key}`,
    'api',
    () => {},
  )
  // Refused until the files are those of a certificate that Redis trusts.
  expect(redis.status).not.toBe('ready')
  const renewed = await authority.issue()
  await Promise.all([rename(renewed.key, stranger.key), rename(renewed.cert, stranger.cert)])
  await new Promise((resolve) => redis.once('ready', resolve))
  expect(await redis.ping()).toBe('PONG')
  redis.disconnect()
})
