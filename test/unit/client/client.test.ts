import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FfleetClient } from '../../../src/client/index.js'

let before: string | undefined
beforeEach(() => {
  before = process.env.FFLEET_URL
  delete process.env.FFLEET_URL
})
afterEach(() => {
  delete process.env.FFLEET_URL
  if (before !== undefined) process.env.FFLEET_URL = before
})

describe('where the server is', () => {
  test('the options say, or a text in their place, or FFLEET_URL, or it is this machine', () => {
    expect(new FfleetClient().baseUrl).toBe('http://127.0.0.1:4280')
    process.env.FFLEET_URL = ' http://env.example/ '
    expect(new FfleetClient().baseUrl).toBe('http://env.example')
    expect(new FfleetClient({}).baseUrl).toBe('http://env.example')
    expect(new FfleetClient('http://text.example').baseUrl).toBe('http://text.example')
    expect(new FfleetClient({ baseUrl: 'https://options.example/ffleet/' }).baseUrl).toBe(
      'https://options.example/ffleet',
    )
    process.env.FFLEET_URL = ' '
    expect(new FfleetClient().baseUrl).toBe('http://127.0.0.1:4280')
  })

  test.each([
    ['localhost:4280', 'http://localhost:4280'],
    ['[::1]:4280/', 'http://[::1]:4280'],
    ['', ''],
    ['/', ''],
    ['/ffleet/', '/ffleet'],
  ])('%j is %j', (given, baseUrl) => {
    expect(new FfleetClient(given).baseUrl).toBe(baseUrl)
  })

  test.each(['ftp://host', 'http://', 'http://ho st', 'host:port'])('%j is refused', (given) => {
    expect(() => new FfleetClient(given)).toThrow(new TypeError(`"${given}" is no http or https URL of a server.`))
  })
})
