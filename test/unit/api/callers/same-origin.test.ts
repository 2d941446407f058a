import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { foreignRequest } from '../../../../src/api/callers/same-origin.js'

function refused(method: string, headers: IncomingHttpHeaders, remoteAddress = '127.0.0.1'): string | undefined {
  const rawHeaders = Object.entries(headers).flatMap(([name, value]) => [name, String(value)])
  return foreignRequest({ method, headers, rawHeaders, socket: { remoteAddress } } as IncomingMessage, [])?.code
}

describe('who may ask', () => {
  it.each(['localhost', 'LOCALHOST:4280', '127.0.0.1', '127.9.9.9:80', '[::1]', '[::1]:4280'])('%s', (host) => {
    expect(refused('GET', { host })).toBeUndefined()
    expect(refused('POST', { host })).toBeUndefined()
  })

  it.each([
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '192.168.0.1',
    '[::2]',
    '',
    'localhost:x',
  ])('not a page that calls this machine %j', (host) => {
    expect(refused('GET', { host })).toBe('FORBIDDEN')
  })

  it('nobody without a name, and nobody from another machine', () => {
    expect(refused('GET', {})).toBe('FORBIDDEN')
    expect(refused('GET', { host: 'localhost' }, '192.168.0.7')).toBe('FORBIDDEN')
    expect(refused('GET', { host: 'localhost' }, '::ffff:10.0.0.1')).toBe('FORBIDDEN')
    expect(refused('GET', { host: 'localhost' }, '::ffff:127.0.0.1')).toBeUndefined()
    expect(refused('GET', { host: 'localhost' }, '::1')).toBeUndefined()
  })
})

describe('who may change something', () => {
  const host = '127.0.0.1:4280'
  it.each([
    [{}, undefined],
    [{ origin: 'http://127.0.0.1:4280' }, undefined],
    [{ 'sec-fetch-site': 'same-origin', origin: 'http://127.0.0.1:4280' }, undefined],
    [{ 'sec-fetch-site': 'none' }, undefined],
    [{ 'sec-fetch-site': 'cross-site' }, 'FORBIDDEN'],
    // A page on another port of the same machine is somebody else's.
    [{ 'sec-fetch-site': 'same-site' }, 'FORBIDDEN'],
    [{ origin: 'http://evil.example' }, 'FORBIDDEN'],
    [{ origin: 'http://127.0.0.1:3000' }, 'FORBIDDEN'],
    [{ origin: 'null' }, 'FORBIDDEN'],
    [{ origin: '' }, 'FORBIDDEN'],
    // A proxy tells the name that people know it by; browsers on plain http send no Sec-Fetch-Site.
    [{ origin: 'http://videos.example', 'x-forwarded-host': 'videos.example' }, undefined],
    [{ origin: 'https://videos.example:8443', 'x-forwarded-host': 'videos.example:8443' }, undefined],
    [{ origin: 'http://evil.example', 'x-forwarded-host': 'videos.example' }, 'FORBIDDEN'],
    [{ origin: 'null', 'x-forwarded-host': 'videos.example' }, 'FORBIDDEN'],
    [
      { origin: 'https://evil.example', 'x-forwarded-host': 'evil.example', 'sec-fetch-site': 'cross-site' },
      'FORBIDDEN',
    ],
  ])('with %j', (headers, code) => {
    for (const method of ['POST', 'DELETE']) expect(refused(method, { host, ...headers })).toBe(code)
    expect(refused('GET', { host, ...headers })).toBeUndefined()
  })
})
