import { describe, expect, test } from 'vitest'
import { connectionOptions } from '../../../src/queue/connection.js'
import { socketUrl } from '../../../src/redis-url.js'

describe('addresses', () => {
  test.each([
    ['redis://h', { host: 'h', port: 6379, db: 0 }],
    ['redis://h:7000/3', { host: 'h', port: 7000, db: 3 }],
    ['redis://u%40x:p%2Fw@h', { username: 'u@x', password: 'p/w' }],
    ['redis://:pw@[::1]:1', { host: '::1', port: 1, password: 'pw' }],
    ['rediss://h', { tls: {} }],
    ['unix:///run/a%20b.sock?db=2', { path: '/run/a b.sock', db: 2 }],
  ])('%s', (url, expected) => {
    expect(connectionOptions(url, 'api')).toMatchObject(expected)
  })

  test('a socket path with any letters survives the way through its URL', () => {
    for (const path of ['/a/b.sock', '/a b/ü#?%41/x.sock']) {
      expect(connectionOptions(socketUrl(path), 'api')).toMatchObject({ path })
    }
  })

  test('the namespace of a fleet is none of ioredis', () => {
    expect(connectionOptions('redis://h/1?namespace=a', 'api')).toEqual({
      ...connectionOptions('redis://h/1', 'api'),
      reconnectOnError: expect.any(Function),
    })
  })

  test('another scheme is refused', () => {
    expect(() => connectionOptions('http://h', 'api')).toThrow(TypeError)
  })
})

describe('patience', () => {
  test('the API fails fast, a worker never gives up', () => {
    expect(connectionOptions('redis://h', 'api')).toMatchObject({ maxRetriesPerRequest: 0, enableOfflineQueue: false })
    expect(connectionOptions('redis://h', 'worker')).toMatchObject({ maxRetriesPerRequest: null })
    expect(connectionOptions('redis://h', 'worker').commandTimeout).toBeUndefined()
  })

  test('everybody is back within two seconds of Redis', () => {
    for (const role of ['api', 'worker', 'subscriber'] as const) {
      const { retryStrategy } = connectionOptions('redis://h', role)
      const waits = [1, 2, 5, 10, 1_000].map((times) => Number(retryStrategy?.(times)))
      expect(Math.min(...waits)).toBeGreaterThan(0)
      expect(Math.max(...waits)).toBe(2_000)
    }
  })
})
