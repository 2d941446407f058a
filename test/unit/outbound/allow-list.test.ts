import { expect, test } from 'vitest'
import { isAllowedAddress, networksFor } from '../../../src/outbound/index.js'

const LIST = ['10.1.0.0/16', 'fd00::/8', '::1', 'media.internal', 'Store.internal:8080', '127.0.0.1:9000', '[::2]:9000']

test.each([
  ['film.example', '443', '10.1.2.3', true],
  ['film.example', '443', '10.2.0.1', false],
  ['film.example', '443', 'fd00::7', true],
  ['[::1]', '80', '::1', true],
  ['media.internal', '443', '192.168.0.1', true],
  ['MEDIA.internal.', '1', '127.0.0.1', true],
  ['store.internal', '8080', '192.168.0.1', true],
  ['store.internal', '80', '192.168.0.1', false],
  ['127.0.0.1', '9000', '127.0.0.1', true],
  ['127.0.0.1', '80', '127.0.0.1', false],
  ['[::2]', '9000', '::2', true],
])('%s:%s at %s: %s', (hostname, port, address, allowed) => {
  expect(isAllowedAddress(address, networksFor(LIST, { hostname, port }))).toBe(allowed)
})
