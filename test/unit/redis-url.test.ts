import { describe, expect, test } from 'vitest'
import { type RedisAddress, readRedisUrl, redisAddress, shownRedisUrl, withNamespace } from '../../src/redis-url.js'

const host = (name: string, port: number) => ({ host: name, port })

describe('the forms', () => {
  test.each<[string, Partial<RedisAddress>]>([
    ['redis://h', { kind: 'server', host: host('h', 6379), db: 0, namespace: null, tls: null }],
    ['redis://u%40x:p%2Fw@[::1]:7/3', { host: host('::1', 7), db: 3, login: { user: 'u@x', password: 'p/w' } }],
    ['unix:///run/a%20b.sock?db=2', { kind: 'socket', path: '/run/a b.sock', db: 2 }],
    ['unix://:pw@localhost/b.sock', { kind: 'socket', path: '/b.sock', login: { user: null, password: 'pw' } }],
    ['rediss://h?ca=/a/ca.pem', { tls: { ca: '/a/ca.pem', cert: null, key: null } }],
    [
      'redis+sentinel://:pw@a,b:7,[::1]:8/mymaster/2?sentinelPassword=s%26',
      {
        kind: 'sentinel',
        hosts: [host('a', 26379), host('b', 7), host('::1', 8)],
        master: 'mymaster',
        db: 2,
        login: { user: null, password: 'pw' },
        sentinelLogin: { user: null, password: 's&' },
      },
    ],
    ['rediss+sentinel://a/m?cert=c&key=k', { kind: 'sentinel', tls: { ca: null, cert: 'c', key: 'k' } }],
    ['redis+cluster://a:1,b?namespace=x', { kind: 'cluster', hosts: [host('a', 1), host('b', 6379)], namespace: 'x' }],
  ])('%s', (url, expected) => {
    expect(redisAddress(url)).toMatchObject(expected)
  })
})

describe('what is refused is told, with a way out', () => {
  test.each([
    ['redis+sentinel://a:1', /the name under which they watch the master: redis\+sentinel:/],
    ['redis+sentinel://a:1,/m', /the Sentinels, and the name/],
    ['redis+sentinel://a/m/x', /the database as a whole number/],
    ['redis+cluster://a', /a namespace, which keeps all .* on one node/],
    ['redis+cluster://a/1?namespace=x', /no database, of which a cluster has one/],
    ['redis://a,b', /a URL that starts with/],
    ['redis://h?ca=x', /no parameter but \?namespace=$/],
    ['rediss://h?cert=x', /\?cert= and \?key= together/],
    ['redis://h:0x1', /a URL that starts with/],
    ['redis://%zz@h', /a URL that starts with/],
    ['redis+other://h', /redis\+sentinel:\/\/ or redis\+cluster:/],
  ])('%s', (url, takes) => {
    expect(readRedisUrl(url)).toEqual({ takes: expect.stringMatching(takes) })
  })
})

test('another namespace is the same Redis', () => {
  const url = 'rediss+sentinel://u:p%3F@a:1,b:2/m/3?ca=%2Fx%20y&namespace=old'
  expect(redisAddress(withNamespace(url, 'new'))).toEqual({ ...redisAddress(url), namespace: 'new' })
  expect(withNamespace('redis://h', 'new')).toBe('redis://h?namespace=new')
})

test('nothing secret is shown', () => {
  const shown = shownRedisUrl('redis+sentinel://u:hunter2@a:1,b/m?sentinelUser=u&sentinelPassword=hunter3&namespace=n')
  expect(shown).toBe('redis+sentinel://***@a:1,b/m?sentinelUser=u&sentinelPassword=***&namespace=n')
})
