/** Where webhooks may go. */
import { describe, expect, it } from 'vitest'
import { isAllowedAddress, literalAddress } from '../../../src/outbound/addresses.js'
import { guardedLookup } from '../../../src/outbound/lookup.js'
import { urlFault } from '../../../src/webhooks/index.js'

const PUBLIC = ['8.8.8.8', '93.184.216.34', '2606:4700::1111', '::ffff:8.8.8.8']
const NOT_PUBLIC = [
  ...['0.0.0.0', '127.0.0.1', '127.255.0.9', '10.0.0.1', '172.16.0.1', '192.168.0.1', '100.64.0.1', '100.100.100.200'],
  ...['169.254.169.254', '168.63.129.16', '192.0.0.192', '192.0.2.1', '198.18.0.1', '224.0.0.1', '240.0.0.1'],
  ...['255.255.255.255', '::', '::1', '::ffff:127.0.0.1', '::ffff:a9fe:a9fe', '::127.0.0.1', 'fe80::1', 'fe80::1%eth0'],
  ...['fc00::1', 'fd00:ec2::254', 'fec0::1', 'ff02::1', '64:ff9b::7f00:1', '2002:7f00:1::', '2001::1', '2001:db8::1'],
  ...['', 'example.com', '999.0.0.1'],
]

describe('an address', () => {
  it.each(PUBLIC)('%s is public', (address) => expect(isAllowedAddress(address)).toBe(true))
  it.each(NOT_PUBLIC)('%j is not', (address) => expect(isAllowedAddress(address)).toBe(false))

  it('is allowed where its network is, in either form, and no other', () => {
    const networks = ['10.1.0.0/16', '127.0.0.1', 'fd00::/8']
    const allowed = ['10.1.2.3', '127.0.0.1', '::ffff:10.1.2.3', 'fd12::1', '8.8.8.8']
    const refused = ['10.2.0.1', '127.0.0.2', 'fc00::1', '::1']
    expect(allowed.filter((address) => !isAllowedAddress(address, networks))).toEqual([])
    expect(refused.filter((address) => isAllowedAddress(address, networks))).toEqual([])
  })
})

describe('a URL', () => {
  const codeOf = (url: string, networks: string[] = []) => urlFault(url, networks)?.code ?? null

  it.each([
    'http://2130706433/',
    'http://0x7f.1/',
    'http://0177.0.0.1/',
    'http://127.1:9000/x',
    'http://[::ffff:127.0.0.1]/',
    'http://[::1]:80/',
    'http://0/',
    'http://169.254.169.254/latest/meta-data',
    'http://localhost/',
    'http://a.LOCALHOST./',
  ])('%s is refused as it is written', (url) => expect(codeOf(url)).toBe('URL_NOT_PUBLIC'))

  it.each([
    'ftp://example.com/',
    'file:///etc/passwd',
    'https://u:p@example.com/',
    'https://u@example.com/',
    'x',
    '/a',
  ])('%s is none', (url) => expect(codeOf(url)).toBe('INVALID_REQUEST'))
  it.each(['https://example.com/\nx', ' https://example.com/', 'https://exa mple.com/', 'https://'])(
    '%j is none',
    (url) => expect(codeOf(url)).toBe('INVALID_REQUEST'),
  )

  it('is taken where it may lead, and a name is looked up later', () => {
    expect(codeOf('https://example.com:8443/hooks?key=1')).toBeNull()
    expect(codeOf('http://127.0.0.1:9000/', ['127.0.0.0/8'])).toBeNull()
    expect(codeOf('http://localhost:9000/', ['127.0.0.0/8'])).toBeNull()
    expect(literalAddress(new URL('https://127.0.0.1.example.com/'))).toBeNull()
  })
})

describe('a name', () => {
  const look = (addresses: string[], options: { all?: boolean; family?: number }) =>
    new Promise<unknown>((done) => {
      const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
      const lookup = guardedLookup([], async () => found)
      lookup('rebound.test', options, (error, address) => done(error?.message ?? address))
    })

  it('gives those of its addresses alone that are allowed', async () => {
    expect(await look(['127.0.0.1', '8.8.8.8'], { all: true })).toEqual([{ address: '8.8.8.8', family: 4 }])
    expect(await look(['::1', '8.8.8.8'], { family: 4 })).toBe('8.8.8.8')
    for (const all of [true, false]) {
      expect(await look(['127.0.0.1', '::ffff:10.0.0.1'], { all })).toBe('its name leads to no public address')
    }
  })
})
